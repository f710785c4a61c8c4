"""The way to a simulated site and back."""

from collections.abc import Sequence
from dataclasses import dataclass

from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.client.testing.simulation.course import CHECKPOINT_BYTES, checkpoint_text
from armarius.client.testing.simulation.places import carrying
from armarius.client.testing.simulation.site import SimulatedSite


@dataclass(frozen=True)
class _Way:
    """What is on its way, until when, and whether to this machine."""

    arrives: float
    parcels: Sequence[Parcel]
    home: bool = False


class SimulatedStaging:
    """Fulfils ``Staging``: what is sent is there when its time has come, and what is fetched is here.

    Args:
        site: Where it goes.
    """

    def __init__(self, site: SimulatedSite) -> None:
        self._site = site
        self._under_way: dict[str, _Way] = {}

    def arrives(self, transfer: str) -> float:
        """Returns when a transfer will be there."""
        way = self._under_way.get(transfer)
        return way.arrives if way is not None else self._site.now()

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to send."""
        self._begin(transfer, parcels, sum(parcel.size for parcel in parcels), home=False)

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring checkpoints here; nothing else is fetched in a simulation."""
        self._begin(transfer, parcels, CHECKPOINT_BYTES * len(parcels), home=True)

    def status(self, transfer: str) -> TransferView:
        """Tells how a transfer stands; what is on its way from a site that has burnt down never comes."""
        way = self._under_way.get(transfer)
        if way is None:
            return TransferView(TransferState.UNKNOWN)
        total = sum(parcel.size for parcel in way.parcels)
        if self._site.now() < way.arrives or (way.home and not self._site.true.lives(way.arrives)):
            return TransferView(TransferState.ACTIVE, total=total)
        for parcel in way.parcels:
            self._arrive(parcel, home=way.home)
        return TransferView(TransferState.DONE, moved=total, total=total)

    def cancel(self, transfer: str) -> None:
        """Forgets a transfer."""
        self._under_way.pop(transfer, None)

    def close(self) -> None:
        """Nothing is to be ended."""

    def _begin(self, transfer: str, parcels: Sequence[Parcel], size: int, *, home: bool) -> None:
        arrives = self._site.now() + carrying(self._site.true, size)
        self._under_way.setdefault(transfer, _Way(arrives, parcels, home))

    def _arrive(self, parcel: Parcel, *, home: bool) -> None:
        if not home:
            self._site.held.add(parcel.sha256)
        elif not parcel.here.exists():
            parcel.here.parent.mkdir(parents=True, exist_ok=True)
            _, run_id, _, name = parcel.there.split("/")
            parcel.here.write_bytes(checkpoint_text(run_id, int(name.removesuffix(".ckpt"))))
