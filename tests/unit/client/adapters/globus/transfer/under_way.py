"""The transfer that most tests speak of."""

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.journal import TransferStage
from armarius.client.ports import Parcel, TransferState

from .transfer_bench import Bench

IN, OUT = "job1-1-in", "job1-1-out"
ACTIVE, DONE, FAILED, UNKNOWN = TransferState.ACTIVE, TransferState.DONE, TransferState.FAILED, TransferState.UNKNOWN


def under_way(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    """A transfer that Transfer has begun with."""
    staging.send(IN, pages)
    assert made.look(staging, IN).state is ACTIVE


def stage(made: Bench, transfer: str = IN) -> TransferStage:
    row = made.journal.transfers.read(transfer)
    assert row is not None
    return row.stage
