"""The journal: everything that a job's driver must know, written down before it is done."""

from armarius.client.journal.drains import Drain
from armarius.client.journal.journal import Journal
from armarius.client.journal.tables import EventRow, JobRow, RunRow, TransferRow, TransferStage

__all__ = ["Drain", "EventRow", "JobRow", "Journal", "RunRow", "TransferRow", "TransferStage"]
