"""Cancelling and pausing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from armarius.functions.contracts import (
    Outcome,
    Reason,
)
from armarius.functions.supervisor import supervise
from unit.functions.registered.fake_engine import FINISHES, fake_site, is_dead, spec, starts
from unit.functions.supervisor.engines import DEAF, PAUSES


@pytest.mark.parametrize("deaf", ["", DEAF], ids=["hears", "ignores SIGTERM"])
def test_a_cancelled_engine_is_gone(tmp_path: Path, deaf: str) -> None:
    site = fake_site(tmp_path, deaf + "run.cancel_path.touch()\nhang()")
    report = supervise(site, spec())
    assert (report.outcome, report.reason) == (Outcome.CANCELLED, None)
    assert [is_dead(pid) for pid in starts(site)] == [True]
    assert not site.run("job1-1").is_locked()


def test_an_engine_that_finished_before_it_was_cancelled_has_finished(tmp_path: Path) -> None:
    site = fake_site(tmp_path, f"{FINISHES}\nrun.cancel_path.touch()\nhang()")
    assert supervise(site, spec()).outcome is Outcome.FINISHED


def test_a_run_that_was_cancelled_before_never_begins(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    run = site.run("job1-1")
    run.path.mkdir(parents=True)
    run.cancel_path.touch()
    report = supervise(site, spec())
    assert (report.outcome, report.usage.memory, starts(site)) == (Outcome.CANCELLED, None, [])
    assert run.report() == report


def test_a_wish_to_pause_reaches_the_engine(tmp_path: Path) -> None:
    report = supervise(fake_site(tmp_path, "run.pause_path.touch()" + PAUSES), spec())
    assert (report.outcome, report.reason) == (Outcome.PAUSED, Reason.ASKED)
    assert report.message == "A checkpoint is written."


def test_near_the_end_of_the_allocation_it_is_asked_to_pause(tmp_path: Path, clock: Callable[..., None]) -> None:
    site = fake_site(tmp_path, PAUSES)
    clock(begun=(site.run("job1-1").path / "starts", 3545.0))
    report = supervise(site, spec(walltime=3600, margin=60))
    assert (report.outcome, report.reason) == (Outcome.PAUSED, Reason.WALLTIME)


def test_an_engine_that_does_not_pause_in_time_is_ended(tmp_path: Path, clock: Callable[..., None]) -> None:
    site = fake_site(tmp_path, DEAF + "sys.stdin.readline()\n(run.path / 'asked').touch()\nhang()")
    run = site.run("job1-1")
    clock(begun=(run.path / "starts", 3545.0), asked=(run.path / "asked", 3590.0))
    report = supervise(site, spec(walltime=3600, margin=60))
    assert (report.outcome, report.reason) == (Outcome.PAUSED, Reason.WALLTIME)
    assert "newest checkpoint" in report.message
    assert [is_dead(pid) for pid in starts(site)] == [True]
