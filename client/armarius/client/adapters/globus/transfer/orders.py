"""What is to be moved, one way or the other: prepared, ordered from Transfer, and settled when it has arrived."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Literal

from globus_sdk import TransferData

from armarius.client.adapters.globus.transfer.bundles import pack_bundles
from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.ports import Compute, Parcel
from armarius.functions.contracts import Bundle, Contract, ReceiveRequest
from armarius.functions.files import copy_verified

DEADLINE = timedelta(days=3)
"""After this Transfer gives a task up. A weekend's downtime of a cluster must fit in."""

Way = Literal["in", "out"]


class Cargo(Contract):
    """A file that Transfer moves.

    Attributes:
        name: Of the archive, or of the file while it lies in this machine's folder.
        source: As Transfer sees it on the one end.
        target: As Transfer sees it on the other.
        sha256: Its digest.
        size: Its bytes.
    """

    name: str
    source: str
    target: str
    sha256: str
    size: int


class Order(Contract):
    """All that one transfer moves.

    Attributes:
        way: "in" to the site, "out" of it.
        cargo: At least one file.
        settled: How many of them are unpacked or have their place.
    """

    way: Way
    cargo: tuple[Cargo, ...]
    settled: int = 0

    @property
    def total(self) -> int:
        """Bytes in all."""
        return sum(each.size for each in self.cargo)

    def document(self, route: Route, submission_id: str, label: str, now: float) -> TransferData:
        """Returns what is sent to Transfer: every file with the digest that it must have at both ends."""
        ends = (route.own.collection, route.data.collection)
        source, target = ends if self.way == "in" else ends[::-1]
        data = TransferData(
            source,
            target,
            label=f"Armarius {label}",
            submission_id=submission_id,
            verify_checksum=True,
            encrypt_data=True,
            fail_on_quota_errors=True,
            deadline=datetime.fromtimestamp(now, timezone.utc) + DEADLINE,
            notify_on_succeeded=False,
            notify_on_failed=False,
            notify_on_inactive=False,
        )
        for each in self.cargo:
            data.add_item(each.source, each.target, external_checksum=each.sha256, checksum_algorithm="SHA256")
        return data


def pack_order(route: Route, prefix: str, parcels: Sequence[Parcel], stopped: Callable[[], bool]) -> Order:
    """Packs files into archives in this machine's folder. Takes its time.

    Side effects: archives that were written before it failed remain; see :func:`clear`.

    Raises:
        DamagedFile: A file was changed since the pages were read.
        OSError: A file cannot be read, or the folder not be written.
    """
    bundles = pack_bundles(parcels, route.archive, prefix, stopped=stopped)
    return Order(way="in", cargo=tuple(_archive(route, bundle) for bundle in bundles))


def _archive(route: Route, bundle: Bundle) -> Cargo:
    return Cargo(
        name=bundle.name,
        source=route.seen_here(route.archive(bundle.name)),
        target=route.seen_in_inbox(bundle.name),
        sha256=bundle.sha256,
        size=bundle.size,
    )


def fetch_order(route: Route, prefix: str, parcels: Sequence[Parcel]) -> Order:
    """Lists the files that shall come home, each by itself, to this machine's folder.

    Side effects: makes the folder in which they land.

    Raises:
        ArmariusError: A path would lead out of the site's root.
    """
    route.landing.mkdir(parents=True, exist_ok=True)
    return Order(
        way="out",
        cargo=tuple(_coming(route, f"{prefix}-{number}", parcel) for number, parcel in enumerate(parcels, 1)),
    )


def _coming(route: Route, name: str, parcel: Parcel) -> Cargo:
    return Cargo(
        name=name,
        source=route.seen_there(parcel.there),
        target=route.seen_here(route.landed(name)),
        sha256=parcel.sha256,
        size=parcel.size,
    )


def settle(route: Route, compute: Compute, order: Order, parcels: Sequence[Parcel]) -> Order:
    """Brings the next file that has arrived to where it belongs. Doing so twice is harmless.

    Args:
        route: Between whom.
        compute: The site, which unpacks archives.
        order: What has arrived.
        parcels: Where files that came home belong; one that nobody asks for any more, since it is there, stays behind.

    Returns:
        The order, one further.

    Raises:
        SiteUnreachable: The site did not answer.
        SiteRefused: It refuses the archive; ``transient`` if it is only busy with it.
        DamagedFile: What came home is not what its digest says. It did not get its place.
        OSError: It cannot be read or written.
    """
    each = order.cargo[order.settled]
    if order.way == "in":
        bundle = Bundle(name=each.name, size=each.size, sha256=each.sha256)
        compute.call("receive", ReceiveRequest(bundle=bundle).model_dump(mode="json"))
    else:
        places = [parcel.here for parcel in parcels if route.seen_there(parcel.there) == each.source]
        for place in places[:1]:
            copy_verified(route.landed(each.name), place, each.sha256)
    return order.model_copy(update={"settled": order.settled + 1})


def clear(route: Route, prefix: str) -> None:
    """Deletes what an attempt left in this machine's folder."""
    for folder in (route.outbox, route.landing):
        for path in folder.glob(f"{prefix}-*"):
            with suppress(OSError):  # a read-only disk is no reason to fail now; it is tidied up later
                path.unlink(missing_ok=True)
