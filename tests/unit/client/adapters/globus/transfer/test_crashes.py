"""Killed between any two steps, repeating is harmless: one task at Transfer, every file once, nothing left over."""

from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.ports import Parcel, TransferState
from armarius.client.testing import Crash

from .transfer_bench import Bench

TRANSFER = "job1-1-in"
STEPS = 16
"""More than the calls of a whole transfer to the journal, to Transfer and to the site."""


class Fragile:
    """Passes calls on until its fuse is burnt; then the process dies, before or after the call had its effect."""

    def __init__(self, inner: Any, fuse: list[int], after: bool) -> None:
        self._inner, self._fuse, self._after = inner, fuse, after

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse[0] -= 1
            dies = self._fuse[0] == 0
            if dies and not self._after:
                raise Crash
            result = getattr(self._inner, name)(*args, **kwargs)
            if dies:
                raise Crash
            return result

        return call


def one_life(made: Bench, parcels: list[Parcel], out: bool, fuse: int, after: bool) -> bool:
    """A process from its start to its death, or to the end of the transfer."""
    burning = [fuse]
    log, service, compute = (
        Fragile(each, burning, after) for each in (made.journal.transfers, made.service, made.compute)
    )
    staging = made.staging(service, log, compute)
    try:
        for _ in range(20):
            view = made.look(staging, TRANSFER)
            if view.state is TransferState.UNKNOWN:
                (staging.fetch if out else staging.send)(TRANSFER, parcels)
            elif view.state is TransferState.DONE:
                burning[0] = 0  # it has survived
                return True
            else:
                assert view.state is TransferState.ACTIVE, view
            made.service.move()
    except Crash:
        die(made, staging)
        return False
    raise AssertionError(f"the transfer got nowhere: {view}")


def die(made: Bench, staging: GlobusStaging) -> None:
    """A dead process packs no more: its threads end with it."""
    made.opened.remove(staging)
    for here in staging._here.values():
        here.stopped.set()
        if here.packing is not None:
            wait([here.packing])
    staging._packer.shutdown()


def lives_through(made: Bench, lives: list[tuple[int, bool]], out: bool) -> None:
    parcels = [made.model()] if out else [made.page("p1.jpg", b"page"), made.page("manifest.json", b"{}")]
    for fuse, after in [*lives, (10_000, False)]:
        if one_life(made, parcels, out, fuse, after):
            break
    if out:
        assert parcels[0].here.read_bytes() == b"the weights"
    else:
        assert made.holds(parcels)
    assert len(made.service.tasks) == 1, "one task, whatever was repeated"
    made.staging().send("job9-1-in", [made.page("p9.jpg", b"9")])  # begins with tidying up
    made.staging().cancel("job9-1-in")
    made.close()
    assert [name for name in made.left_over() if "job9" not in name] == []


@pytest.mark.parametrize("out", [False, True], ids=["in", "out"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, STEPS))
def test_killed_at_each_step(tmp_path: Path, step: int, after: bool, out: bool) -> None:
    lives_through(Bench(tmp_path), [(step, after)], out)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives=st.lists(st.tuples(st.integers(1, STEPS), st.booleans()), min_size=2, max_size=6), out=st.booleans())
def test_killed_again_and_again(
    lives: list[tuple[int, bool]], out: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lives_through(Bench(tmp_path_factory.mktemp("crashes")), lives, out)
