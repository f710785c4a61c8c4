"""What a scheduler says of a start is told to users; nobody waits long for it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from armarius.client.escriptorium.life import queues
from armarius.client.escriptorium.life.queues import Queues
from armarius.client.placement.tidings import FRESH
from armarius.functions.contracts import QueueReport, WaitEstimate
from support import escriptorium
from support.cli import until
from support.desk import SMALL, Bench, bench
from support.escriptorium import Instance
from support.escriptorium_life import Life

QUEUE = QueueReport(
    waits=(
        WaitEstimate(shape="small", walltime="30m", seconds=600),
        WaitEstimate(shape="small", walltime="8h", seconds=7800),
        WaitEstimate(shape="large", walltime="30m", refusal="no such node"),
    )
)


@pytest.fixture
def queued(tmp_path: Path) -> Iterator[Bench]:
    """A site with a queue."""
    with bench(tmp_path, walltimes=("30m", "8h")) as made:
        made.site.queue = QUEUE
        yield made


@pytest.fixture
def life(queued: Bench, here: Instance, heard: list[dict[str, Any]]) -> Iterator[Life]:
    with escriptorium.office(queued) as office:
        yield Life(office, queued, here, heard)


def handed_over(life: Life) -> str:
    """Lets a training be handed over, and told; returns what its user was told."""
    asked = life.ask()
    for _ in range(200):
        life.step()
        if life.notified():
            assert life.job(asked).state.computing
            return f"{life.notified()[0][1]}\n{life.story(asked)}"
    raise AssertionError("nothing was told")


def test_users_are_told_when_it_starts(life: Life) -> None:
    said = handed_over(life)
    assert "was handed to alpha and starts in about 10 min, or sooner." in said
    assert "alpha has it: handed to alpha. It starts in about 10 min, or sooner." in said


def test_a_scheduler_that_does_not_say(life: Life) -> None:
    life.made.site.queue = QueueReport(trouble="squeue did not answer")
    assert "and begins as soon as a machine is free." in handed_over(life)


def test_at_once(life: Life) -> None:
    life.made.site.queue = QueueReport(waits=(WaitEstimate(shape="small", walltime="30m", seconds=0),))
    assert "and starts at once." in handed_over(life)


def test_a_site_is_asked_once_for_many(life: Life) -> None:
    asked = life.ask()
    life.until_computing(asked)
    run, waits = life.job(asked).run, Queues(life.office.pool.desk)
    assert run is not None
    life.made.clock.pass_(FRESH)
    life.made.site.calls.clear()
    while waits.is_asking(run):
        pass
    assert [waits.is_asking(run) for _ in range(3)] == [False] * 3
    assert life.made.site.calls == ["probe"]
    assert waits.starts_in(run) == 600
    for thread in threading.enumerate():  # who has answered may still be leaving
        if thread.name.startswith("asking-"):
            thread.join(60)
    life.made.clock.pass_(FRESH)
    while waits.is_asking(run):
        pass
    assert life.made.site.calls == ["probe"] * 2


def test_a_silent_site_holds_up_nothing_for_long(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = life.ask()
    life.until_computing(asked)
    run, waits, answers = life.job(asked).run, Queues(life.office.pool.desk), Event()
    assert run is not None
    life.made.clock.pass_(FRESH)
    monkeypatch.setattr(life.made.site, "call", lambda *_: answers.wait(60) and {})
    assert waits.is_asking(run)
    life.made.clock.pass_(queues.PATIENCE_SECONDS)
    assert not waits.is_asking(run)
    assert waits.starts_in(run) is None
    answers.set()


def test_a_run_under_its_users_own_account_waits_in_the_queue_of_the_same_site(queued: Bench) -> None:
    desk = replace(queued.desk(), people=SimpleNamespace(link=lambda common, _identity: common))
    asked, run = Queues(desk), SimpleNamespace(site="alpha as user-17", shape=SMALL, walltime=1800.0)
    until(lambda: not asked.is_asking(run), "an answer")
    assert asked.starts_in(run) == 600
