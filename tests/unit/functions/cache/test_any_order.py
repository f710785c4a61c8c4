"""Whatever the order of uses, leases, makers of room, kills: nothing needed goes, nothing half is taken for whole."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from armarius.functions.cache import make_room, room, tidy
from armarius.functions.contracts import Manifest
from armarius.functions.files import write_bytes
from armarius.functions.rundir import RunDir
from unit.functions.cache.stores import LINES, Store, manifest_of

MANIFESTS = [manifest_of(1, 2), manifest_of(2, 3), manifest_of(4, 5, 6), manifest_of(6)]
manifests = st.sampled_from(MANIFESTS)


class Killed(BaseException):
    """kill -9: nothing of the process goes on."""


@dataclass
class Wanted:
    """A run that must find its files."""

    run: RunDir
    manifest: Manifest
    lock: int | None = None


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.store = Store(Path(self.folder) / "root", 2000)
        self.wanted: dict[str, Wanted] = {}
        self.ended: list[RunDir] = []
        self.number = 0
        self.unsettled = False  # a maker of room was killed, and nobody has made room since

    def teardown(self) -> None:
        for each in self.wanted.values():
            if each.lock is not None:
                os.close(each.lock)
        shutil.rmtree(self.folder)

    # What people and runs do --------------------------------------------------------------------------------

    @rule(manifest=manifests)
    def files_come_that_no_run_names(self, manifest: Manifest) -> None:
        self.store.send(manifest)

    @rule(manifest=manifests)
    def a_pool_asks_for_a_run(self, manifest: Manifest) -> None:
        self.number += 1
        run = self.store.site.run(f"run-{self.number}")
        run.hold(list(self.store.files(manifest)))
        self.store.send(manifest)  # what it then misses
        self.wanted[run.run_id] = Wanted(run, manifest)

    @precondition(lambda self: self.which(begun=False))
    @rule(data=st.data())
    def one_begins(self, data: st.DataObject) -> None:
        each = self.drawn(data, begun=False)
        dataset = each.manifest.digest()
        _, each.lock = self.store.begin(each.run.run_id, dataset)
        tidy(self.store.site, each.run)
        self.unsettled = False
        assert self.store.missing(each.manifest) == []
        self.store.compile(dataset)

    @precondition(lambda self: self.which(begun=True))
    @rule(data=st.data(), reports=st.booleans())
    def one_ends_or_dies(self, data: st.DataObject, reports: bool) -> None:
        """One that dies without a report is handed over again: it still needs its files."""
        each = self.drawn(data, begun=True)
        if reports:
            write_bytes(each.run.report_path, b"{}")
            self.ended.append(self.wanted.pop(each.run.run_id).run)
        assert each.lock is not None
        os.close(each.lock)
        each.lock = None
        if reports:
            tidy(self.store.site, each.run)
            self.unsettled = False
            self.within_the_limit()

    @precondition(lambda self: self.which(begun=False))
    @rule(data=st.data(), how=st.sampled_from(["cancelled", "forgotten", "released"]))
    def one_is_given_up(self, data: st.DataObject, how: str) -> None:
        run = self.drawn(data, begun=False).run
        del self.wanted[run.run_id]
        if how == "cancelled":
            run.cancel_path.touch()
        elif how == "released":
            run.release()
        else:
            self.store.forget(run)

    # Room -----------------------------------------------------------------------------------------------------

    @rule()
    def room_is_made(self) -> None:
        make_room(self.store.site)
        self.unsettled = False
        self.within_the_limit()

    @rule(step=st.integers(1, 12), half=st.booleans())
    def one_who_makes_room_is_killed(self, step: int, half: bool) -> None:
        def killed(place: Path) -> None:
            if half and place.is_dir() and place.name.startswith("gone."):
                next(path for path in place.iterdir()).unlink()
            raise Killed

        with _at_step(step, killed), suppress(Killed):
            make_room(self.store.site)
        self.unsettled = True

    @rule(step=st.integers(1, 12), manifest=manifests)
    def a_pool_asks_while_room_is_made(self, step: int, manifest: Manifest) -> None:
        with _at_step(step, lambda _: self.a_pool_asks_for_a_run(manifest)):
            make_room(self.store.site)
        self.unsettled = False

    @rule(step=st.integers(1, 12))
    def two_make_room_where_locks_are_worth_nothing(self, step: int) -> None:
        with mock.patch.object(room, "_lock", lambda _: True), _at_step(step, lambda _: make_room(self.store.site)):
            make_room(self.store.site)
        self.unsettled = False

    # What must hold -------------------------------------------------------------------------------------------

    @invariant()
    def nothing_needed_went(self) -> None:
        aside = {path.name for path in self.store.site.root.glob("leaving/*")}
        for each in self.wanted.values():
            lacking = self.store.missing(each.manifest)
            if self.unsettled:
                lacking = [digest for digest in lacking if f"blob.{digest}" not in aside]
            assert lacking == [], f"{each.run.run_id} lacks {lacking}"
            place = self.store.compiled(each.manifest.digest())
            if each.lock is not None and not (self.unsettled and f"compiled.{place.name}" in aside):
                assert place.is_dir()

    @invariant()
    def nothing_is_half(self) -> None:
        for place in (self.store.site.root / "compiled").iterdir():
            assert [(place / name).stat().st_size for name in ("train.arrow", "summary.json")] == 2 * [len(LINES)]

    def within_the_limit(self) -> None:
        limit = self.store.site.cache
        assert limit is not None
        if self.store.size() > limit:
            needed = {digest for each in self.wanted.values() for digest in self.store.files(each.manifest)}
            kept = {path.name for path in self.store.site.root.glob("blobs/*/*")}
            datasets = {each.manifest.digest() for each in self.wanted.values()}
            compiled = {path.name for path in self.store.site.root.glob("compiled/*")}
            assert kept <= needed and compiled <= {self.store.compiled(dataset).name for dataset in datasets}

    # ------------------------------------------------------------------------------------------------------------

    def which(self, *, begun: bool) -> list[str]:
        return sorted(name for name, each in self.wanted.items() if (each.lock is not None) is begun)

    def drawn(self, data: st.DataObject, *, begun: bool) -> Wanted:
        return self.wanted[data.draw(st.sampled_from(self.which(begun=begun)))]


@contextmanager
def _at_step(step: int, happens: Callable[[Path], object]) -> Iterator[None]:
    """Lets something happen before the so-manieth time that something is renamed or deleted, and once only."""
    left = step

    def before(real: Callable[..., object]) -> Callable[..., object]:
        def counted(place: Path, *more: Path) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                happens(place)
            return real(place, *more)

        return counted

    with (
        mock.patch.object(room, "_move", before(room._move)),
        mock.patch.object(room, "_remove", before(room._remove)),
    ):
        yield


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
