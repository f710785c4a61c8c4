"""Staging where client and site share a file system: verified copies, in the background."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.functions.contracts import ArmariusError
from armarius.functions.files import copy_verified


class _Transfer:
    """One copying of some files."""

    def __init__(self, total: int, attempt: int) -> None:
        self.moved = 0
        self.total = total
        self.attempt = attempt
        self.state = TransferState.ACTIVE
        self.error = ""
        self.cancelled = Event()

    def run(self, copies: Sequence[Callable[[], int]]) -> None:
        try:
            for copy in copies:
                if self.cancelled.is_set():
                    raise CancelledError
                self.moved += copy()
            self.state = TransferState.DONE
        except CancelledError:
            self._fail("It was cancelled.")
        except (ArmariusError, OSError) as error:
            self._fail(str(error))

    def _fail(self, error: str) -> None:
        self.error = error
        self.state = TransferState.FAILED


class LocalStaging:
    """Copies between paths of one file system.

    Args:
        root: The site's root.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="staging")
        self._transfers: dict[str, _Transfer] = {}

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to copy to the site."""
        self._begin(transfer, parcels, lambda parcel: (parcel.here, self._path(parcel)))

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to copy from the site."""
        self._begin(transfer, parcels, lambda parcel: (self._path(parcel), parcel.here))

    def status(self, transfer: str) -> TransferView:
        """Tells how far a transfer is; one that an earlier process began is unknown."""
        known = self._transfers.get(transfer)
        if known is None:
            return TransferView(TransferState.UNKNOWN)
        return TransferView(known.state, known.moved, known.total, error=known.error, attempt=known.attempt)

    def cancel(self, transfer: str) -> None:
        """Ends a transfer after the file it is at, and forgets it."""
        if known := self._transfers.pop(transfer, None):
            known.cancelled.set()

    def close(self) -> None:
        """Ends all transfers."""
        for transfer in self._transfers.values():
            transfer.cancelled.set()
        self._pool.shutdown()

    def _begin(self, name: str, parcels: Sequence[Parcel], ends: Callable[[Parcel], tuple[Path, Path]]) -> None:
        before = self._transfers.get(name)
        if before is not None and before.state is not TransferState.FAILED:
            return
        copies = [_copy(*ends(parcel), parcel.sha256) for parcel in parcels]
        attempt = before.attempt + 1 if before else 1
        transfer = self._transfers[name] = _Transfer(sum(parcel.size for parcel in parcels), attempt)
        self._pool.submit(transfer.run, copies)

    def _path(self, parcel: Parcel) -> Path:
        """Returns the path on the site, which never leaves its root."""
        path = (self._root / parcel.there).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise ArmariusError(f"{parcel.there!r} would leave the site's root.")
        return path


def _copy(source: Path, target: Path, sha256: str) -> Callable[[], int]:
    return lambda: copy_verified(source, target, sha256)
