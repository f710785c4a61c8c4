"""One cloud for all tests of this folder, and for each test a machine, a site, and Transfer between them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.adapters.globus.transfer.service import transfer_client
from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.config import DataPath, OwnCollection
from armarius.client.errors import SiteUnreachable
from armarius.client.journal import Journal
from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.client.testing import FakeClock
from armarius.functions.files import sha256_of
from armarius.functions.site import Site, blob_name
from support.cli import until
from support.cloud import LocalCloud, why_no_cloud
from support.control import ControlOnly
from support.ports import free_port

SECONDS_A_LOOK = 20.0
"""By the adapter's clock, which the tests turn: it leaves Transfer alone for so long, and they need not wait."""


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud on a port of its own: Transfer, unlike Compute, may be anywhere."""
    if reason := why_no_cloud():
        pytest.skip(reason)
    with LocalCloud.start(tmp_path_factory.mktemp("cloud"), port=free_port()) as running:
        running.change_limits(retry_pause=0.05)
        yield running


class Ends:
    """This machine and a site, each with a collection, and the adapter between them."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        for name in ("ours", "theirs", "pages"):
            (folder / name).mkdir()
        own = UUID(cloud.add_collection(f"ours of {folder.name}", folder / "ours"))
        data = UUID(cloud.add_collection(f"theirs of {folder.name}", folder / "theirs"))
        self.site = Site(folder / "theirs" / "scratch" / "armarius")
        self.compute = ControlOnly(self.site)
        self.compute.call("probe", {})
        self.own = OwnCollection(collection=own, path=folder / "ours" / "globus", seen_as="/globus")
        self.route = Route("alpha", DataPath(collection=data, root="/scratch/armarius"), self.own)
        self.journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
        self.clock = FakeClock(time.time())
        self._opened: list[GlobusStaging] = []

    def staging(self, route: Route | None = None) -> GlobusStaging:
        """The adapter of one process, with the real client of Transfer."""
        client = transfer_client(globus_app())
        made = GlobusStaging(route or self.route, self.compute, client, self.journal.transfers, self.clock)
        self._opened.append(made)
        return made

    def close(self) -> None:
        for each in self._opened:
            each.close()
        self.journal.close()

    def pages(self, count: int = 3, size: int = 50_000) -> list[Parcel]:
        """Files on this machine that the site shall get."""
        return [self._page(f"p{number}.jpg", bytes([number]) * size) for number in range(count)]

    def _page(self, name: str, content: bytes) -> Parcel:
        path = self.folder / "pages" / name
        path.write_bytes(content)
        sha256 = sha256_of(path)
        return Parcel(path, blob_name(sha256), sha256, len(content))

    def model(self, size: int = 100_000) -> Parcel:
        """A file on the site that shall come home."""
        path = self.site.root / "runs" / "job1-1" / "models" / "best.mlmodel"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"w" * size)
        home = self.folder / "results" / "model.mlmodel"
        return Parcel(home, "runs/job1-1/models/best.mlmodel", sha256_of(path), size)

    def holds(self, parcels: list[Parcel]) -> bool:
        return all(sha256_of(self.site.blob(each.sha256)) == each.sha256 for each in parcels)

    def left_over(self) -> list[str]:
        """Files that remain in this machine's folder and in the site's inbox."""
        places = [self.own.path, self.site.root / "inbox"]
        found = [path for place in places for path in place.rglob("*") if path.is_file()]
        return [path.name for path in found if path.suffix != ".state"]

    def look(self, staging: GlobusStaging, transfer: str) -> TransferView | None:
        """Looks once; None where something did not answer."""
        self.clock.pass_(SECONDS_A_LOOK)
        try:
            return staging.status(transfer)
        except SiteUnreachable:
            return None

    def when(
        self, staging: GlobusStaging, transfer: str, condition: Callable[[TransferView], bool], what: str
    ) -> TransferView:
        """Looks until something is so."""

        def so() -> TransferView | None:
            view = self.look(staging, transfer)
            return view if view is not None and condition(view) else None

        found: TransferView = until(so, what)
        return found

    def end(self, staging: GlobusStaging, transfer: str) -> TransferView:
        """Looks until a transfer has ended."""
        return self.when(staging, transfer, lambda view: view.state is not TransferState.ACTIVE, "the transfer's end")

    def tasks(self) -> int:
        """How many tasks Transfer has had with this test's collections."""
        mine = (str(self.own.collection), str(self.route.data.collection))
        with transfer_client(globus_app()) as client:
            return sum(task["source_endpoint_id"] in mine for task in client.task_list(limit=1000)["DATA"])


@pytest.fixture
def ends(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    globus_app.cache_clear()
    made = Ends(cloud, tmp_path)
    cloud.forget_stats()
    yield made
    made.close()
    cloud.faults.remove()
    globus_app.cache_clear()
