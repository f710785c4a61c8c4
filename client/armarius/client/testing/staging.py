"""Staging in memory."""

from collections.abc import Sequence

from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.client.testing.site import FakeSite


class FakeStaging:
    """Fulfils ``Staging`` towards a :class:`FakeSite`. Transfers arrive when :meth:`arrive` is called.

    Attributes:
        instantly: Whether they arrive at once instead.
        content: What a fetched file holds, by its digest.
        sent: Every parcel that was ever sent.
    """

    def __init__(self, site: FakeSite, *, instantly: bool = True) -> None:
        self._site = site
        self.instantly = instantly
        self.content: dict[str, bytes] = {}
        self.sent: list[Parcel] = []
        self._transfers: dict[str, tuple[str, Sequence[Parcel]]] = {}
        self._views: dict[str, TransferView] = {}

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to send."""
        self._begin(transfer, "in", parcels)

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to fetch."""
        self._begin(transfer, "out", parcels)

    def status(self, transfer: str) -> TransferView:
        """Tells how a transfer stands."""
        return self._views.get(transfer, TransferView(TransferState.UNKNOWN))

    def cancel(self, transfer: str) -> None:
        """Ends a transfer."""
        if transfer in self._views:
            self._views[transfer] = TransferView(TransferState.FAILED, error="It was cancelled.")

    def close(self) -> None:
        """Forgets its transfers, as those of a process that ends."""
        self._transfers.clear()
        self._views.clear()

    def fail(self, error: str) -> None:
        """Lets all transfers under way fail."""
        for transfer in self._transfers:
            self._views[transfer] = TransferView(TransferState.FAILED, error=error)

    def arrive(self) -> None:
        """Lets all transfers under way arrive."""
        for transfer, (way, parcels) in self._transfers.items():
            for parcel in parcels:
                if way == "in":
                    self._site.held.add(parcel.sha256)
                else:
                    parcel.here.write_bytes(self.content[parcel.sha256])
            self._views[transfer] = TransferView(TransferState.DONE)
        self._transfers.clear()

    def _begin(self, transfer: str, way: str, parcels: Sequence[Parcel]) -> None:
        if transfer in self._views:
            return
        self._transfers[transfer] = (way, parcels)
        self._views[transfer] = TransferView(TransferState.ACTIVE, total=sum(parcel.size for parcel in parcels))
        if way == "in":
            self.sent += parcels
        if self.instantly:
            self.arrive()
