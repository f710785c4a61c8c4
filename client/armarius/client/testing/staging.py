"""Staging in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from armarius.client.errors import SiteUnreachable
from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.client.testing.site import FakeSite


class FakeStaging:
    """Fulfils ``Staging`` towards a :class:`FakeSite`. Transfers arrive when :meth:`arrive` is called.

    Attributes:
        instantly: Whether they arrive at once instead.
        asks: Whether the site must answer before anything can be told, as one does that looks at what has arrived.
        content: What a fetched file holds, by its digest.
        gone: Runs of which the site has nothing any more: to fetch from them fails for good.
        sent: Every parcel that was ever sent.
        attempts: How often each transfer was begun since it was last forgotten.
    """

    def __init__(self, site: FakeSite, *, instantly: bool = True) -> None:
        self._site = site
        self.instantly = instantly
        self.asks = False
        self.content: dict[str, bytes] = {}
        self.gone: set[str] = set()
        self.sent: list[Parcel] = []
        self.attempts: dict[str, int] = {}
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
        if self.asks and not self._site.reachable:
            raise SiteUnreachable("The fake site does not answer.")
        return self._views.get(transfer, TransferView(TransferState.UNKNOWN))

    def cancel(self, transfer: str) -> None:
        """Ends a transfer and forgets it."""
        for known in (self._transfers, self._views, self.attempts):
            known.pop(transfer, None)

    def close(self) -> None:
        """Forgets its transfers, as those of a process that ends."""
        self._transfers.clear()
        self._views.clear()

    def fail(self, error: str, *, transient: bool = False) -> None:
        """Lets all transfers under way fail."""
        for transfer in self._transfers:
            self._show(transfer, TransferState.FAILED, error=error, transient=transient)
        self._transfers.clear()

    def show(self, moved: int, message: str = "") -> None:
        """Lets all transfers under way be so far, or be held up."""
        for transfer in self._transfers:
            self._show(transfer, TransferState.ACTIVE, moved=moved, message=message)

    def arrive(self) -> None:
        """Lets all transfers under way arrive; but not what is gone."""
        for transfer, (way, parcels) in self._transfers.items():
            if way == "out" and self.gone.intersection(parcel.there.split("/")[1] for parcel in parcels):
                self._show(transfer, TransferState.FAILED, error="There is no such file.")
                continue
            for parcel in parcels:
                if way == "in":
                    self._site.held.add(parcel.sha256)
                else:
                    parcel.here.parent.mkdir(parents=True, exist_ok=True)
                    parcel.here.write_bytes(self.content[parcel.sha256])
            self._show(transfer, TransferState.DONE, moved=sum(parcel.size for parcel in parcels))
        self._transfers.clear()

    def _begin(self, transfer: str, way: str, parcels: Sequence[Parcel]) -> None:
        before = self._views.get(transfer)
        if before is not None and before.state is not TransferState.FAILED:
            return
        self.attempts[transfer] = self.attempts.get(transfer, 0) + 1
        self._transfers[transfer] = (way, parcels)
        total = sum(parcel.size for parcel in parcels)
        self._views[transfer] = TransferView(TransferState.ACTIVE, total=total, attempt=self.attempts[transfer])
        if way == "in":
            self.sent += parcels
        if self.instantly:
            self.arrive()

    def _show(self, transfer: str, state: TransferState, **fields: Any) -> None:
        self._views[transfer] = replace(self._views[transfer], state=state, **fields)
