import io
import os
import re
import signal
from typing import Any

import pytest
from rich.console import Console, RenderableType
from rich.live import Live

from armarius.client.cli import live
from armarius.client.cli.live import follow, stop_on_signals
from armarius.client.job import Job
from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from armarius.functions.contracts import Phase, Progress, RunState
from support.desk import Bench
from support.scans import scans

from .conftest import LINES, computing


class Eager(Live):
    """Shows everything at once, which the real one does only four times a second."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "auto_refresh": False})

    def update(self, renderable: RenderableType, *, refresh: bool = False) -> None:
        super().update(renderable, refresh=True)


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "Live", Eager)


CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def console(**options: Any) -> Console:
    return Console(file=io.StringIO(), width=160, **options)


def printed(looked_at: Console) -> str:
    assert isinstance(looked_at.file, io.StringIO)
    return CODES.sub("", looked_at.file.getvalue())


def showing(line: Progress, job: Job, made: Bench) -> str:
    """Returns what a terminal shows while a job is at a line of its progress."""
    computing(made)
    begin = made.site.wait
    looks = 0

    def wait(seconds: float) -> None:
        nonlocal looks
        run = made.site.runs.get(f"{job.id}-1")
        if run is None or run.state is RunState.UNKNOWN:
            begin(seconds)
            if run is not None:
                run.lines[:] = [line]
        elif looks < 1:
            looks += 1
        else:
            begin(seconds)

    made.site.wait = wait
    terminal = console(force_terminal=True)
    follow(job._pool, job, terminal)
    return printed(terminal)


def test_without_a_terminal_it_prints_plain_lines(pool: Pool, job: Job, made: Bench) -> None:
    computing(made)
    plain = console()
    row = follow(pool, job, plain)
    assert row.state is JobState.DONE
    assert isinstance(plain.file, io.StringIO)
    said = plain.file.getvalue()
    assert "\x1b" not in said
    assert len(said.splitlines()) == len(row.events) + 2
    assert "epoch   2   accuracy  50.0 %" in said


def test_names_are_no_markup_and_lines_are_not_broken(pool: Pool, made: Bench) -> None:
    folder = made.folder / "[red]results"
    job = pool.train([made.folder / "pages"], name="[blink]x", output=folder)
    computing(made)
    plain = Console(file=io.StringIO(), width=20)
    follow(pool, job, plain)
    assert f"results in {folder}" in printed(plain)
    terminal = console(force_terminal=True)
    follow(pool, job, terminal)
    assert "[blink]x: done" in printed(terminal)


def test_a_terminal_shows_how_far_the_epoch_is(job: Job, made: Bench) -> None:
    line = Progress(
        at=0, phase=Phase.CALIBRATING, epoch=1, step=15, steps_per_epoch=10, accuracy=0.125, lines_per_second=7.25,
        memory=2_400_000_000, seconds_left=100,
    )  # fmt: skip
    said = showing(line, job, made)
    assert "poilus: calibrating" in said
    shown = next(row for row in said.splitlines() if row.startswith("calibrating, epoch 2"))
    for part in ("accuracy 12.5 %", "7.2 lines/s", "2.4 GB", "at most 1 min 40 s left"):
        assert part in shown
    assert 10 < shown.count("━") < 40


@pytest.mark.parametrize(
    "line",
    [Progress(at=0, phase=Phase.PREPARING), Progress(at=0, phase=Phase.TRAINING, steps_per_epoch=0), LINES[1]],
    ids=["nothing known", "no steps", "end of an epoch"],
)
def test_a_terminal_shows_what_little_is_known(job: Job, made: Bench, line: Progress) -> None:
    assert f"{line.phase.value}, epoch 1" in showing(line, job, made)


@pytest.mark.parametrize("terminal", [False, True], ids=["plain", "terminal"])
def test_bytes_on_their_way_are_shown(pool: Pool, job: Job, made: Bench, terminal: bool) -> None:
    computing(made)
    compute = made.site.wait
    made.staging.instantly = False
    looks = 0

    def wait(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks < 4:
            made.staging.show(500 * looks, "Paused: the disk is being moved." if looks == 3 else "")
        else:
            made.staging.instantly = True
            made.staging.arrive()
            compute(seconds)

    made.site.wait = wait
    shown = console(force_terminal=terminal)
    assert follow(pool, job, shown).state is JobState.DONE
    said = printed(shown)
    assert "1.0 kB of " in said
    assert "Paused: the disk is being moved." in said
    if terminal:
        assert re.search("━+ *1.0 kB of", said)
    else:
        assert re.search(r"staging +1.0 kB of \d.\d kB, \d+.\d %\n", said)


def test_trouble_is_shown_and_goes_away(pool: Pool, job: Job, made: Bench) -> None:
    computing(made)
    compute = made.site.wait
    looks = 0

    def wait(seconds: float) -> None:
        nonlocal looks
        looks += 1
        made.site.reachable = looks > 3
        if made.site.reachable:
            compute(seconds)

    made.site.wait = wait
    terminal = console(force_terminal=True)
    assert follow(pool, job, terminal).state is JobState.DONE
    assert "The fake site does not answer." in printed(terminal)
    assert pool.driver.trouble == ""


def test_the_first_signal_asks_and_the_second_interrupts() -> None:
    # A process that a shell starts in the background begins with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with stop_on_signals() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_a_terminal_shows_how_far_the_pages_are(pool: Pool, made: Bench) -> None:
    job = pool.segment(scans(made.folder / "scans", 1), output=made.folder / "out")
    line = Progress(
        at=0, phase=Phase.READING, step=12, steps_per_epoch=40, pages_per_second=0.1, seconds_left=280, memory=2 * 10**9
    )
    shown = showing(line, job, made)
    assert "segmenting" in shown
    assert "12 of 40 pages" in shown
    assert "6.0 pages/min" in shown
    assert "2.0 GB" in shown
    assert "about 4 min 40 s left" in shown
