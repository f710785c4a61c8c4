"""What happened to a job, in one list: put together from all that the journal has of it."""

from armarius.client.history.entry import Entry
from armarius.client.history.gather import history_of

__all__ = ["Entry", "history_of"]
