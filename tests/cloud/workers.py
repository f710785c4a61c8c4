"""The threads that do what Transfer was asked to do."""

import threading
from collections.abc import Callable

from cloud.config import Limits
from cloud.faults import FaultBook
from cloud.storage import Collections
from cloud.transfers import Transfers
from cloud.worker import Worker


class Workers:
    """Runs the unfinished tasks, a few of each owner at a time, the oldest first.

    Args:
        transfers: The tasks.
        collections: Where files are.
        faults: What is to go wrong.
        limits: How many tasks of one owner run at once, and how stubbornly.
    """

    def __init__(self, transfers: Transfers, collections: Collections, faults: FaultBook, limits: Limits) -> None:
        self._transfers = transfers
        self._collections = collections
        self._faults = faults
        self._limits = limits
        self._changed = threading.Condition()
        self._running: dict[str, str] = {}

    def wake(self) -> None:
        """Says that something has changed: a new task, a cancellation, another fault. Starts what can be started."""
        with self._changed:
            for transfer in self._transfers.active():
                # Deleting has places of its own, as in the real service.
                owner = f"{transfer.owner} {transfer.is_delete}"
                full = list(self._running.values()).count(owner) >= self._limits.active_transfers
                if transfer.id not in self._running and not full:
                    self._running[transfer.id] = owner
                    threading.Thread(target=self._work, args=[transfer.id], daemon=True).start()
            self._changed.notify_all()

    def _work(self, task_id: str) -> None:
        try:
            Worker(task_id, self._transfers, self._collections, self._faults, self._limits, self._wait).run()
        finally:
            with self._changed:
                del self._running[task_id]
            self.wake()

    def _wait(self, over: Callable[[], bool], seconds: float | None) -> bool:
        """Waits until something is over, as told by `wake`, or for some seconds; tells whether it is."""
        with self._changed:
            return self._changed.wait_for(over, seconds)
