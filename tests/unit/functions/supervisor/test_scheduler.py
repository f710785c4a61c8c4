"""What a run hears of its scheduler."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from armarius.functions import allocation, supervisor
from armarius.functions.allocation import Allocation
from armarius.functions.contracts import (
    Outcome,
    Reason,
    RunState,
)
from armarius.functions.errors import Stopped
from armarius.functions.notice import NOTICE_VARIABLE
from armarius.functions.slurm import JobView
from armarius.functions.supervisor import supervise
from unit.functions.registered.fake_engine import FINISHES, fake_site, spec
from unit.functions.supervisor.engines import PAUSES

JOB = {"SLURM_JOB_ID": "12", "SLURMD_NODENAME": "c1"}


@pytest.fixture
def slurm_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[JobView], None]:
    """Lets the supervisor be in job 12 on c1, of which Slurm says this."""
    for name, value in JOB.items():
        monkeypatch.setenv(name, value)
    said: list[JobView] = [JobView("RUNNING")]
    monkeypatch.setattr(supervisor, "Allocation", lambda: Allocation(ask=lambda _job: said[0]))
    monkeypatch.setattr(allocation, "ASK_SECONDS", 0.02)

    def say(view: JobView) -> None:
        said[0] = view

    return say


def test_preemption_pauses_the_run_at_once(tmp_path: Path, slurm_says: Callable[[JobView], None]) -> None:
    slurm_says(JobView("RUNNING", end=time.time() + 120, preempted=True))
    report = supervise(fake_site(tmp_path, PAUSES.replace("A checkpoint is written.", "")), spec())
    assert (report.outcome, report.reason) == (Outcome.PAUSED, Reason.PREEMPTED)
    assert report.message == "Slurm job 12 on c1 has to make room for another one."


def test_the_end_that_slurm_knows_pauses_the_run(
    tmp_path: Path, slurm_says: Callable[[JobView], None], clock: Callable[..., None]
) -> None:
    slurm_says(JobView("RUNNING", end=time.time() + 3600))
    site = fake_site(tmp_path, PAUSES.replace("A checkpoint is written.", ""))
    clock(begun=(site.run("job1-1").path / "starts", 3550.0))
    report = supervise(site, spec(walltime=7200))
    assert (report.outcome, report.reason) == (Outcome.PAUSED, Reason.WALLTIME)
    assert report.message == "Slurm job 12 on c1 has almost no time left."


def test_the_engine_is_told_of_the_end_that_slurm_knows(tmp_path: Path, slurm_says: Callable[[JobView], None]) -> None:
    slurm_says(JobView("RUNNING", end=time.time() + 100))
    site = fake_site(tmp_path, "(run.path / 'told').write_text(os.environ['ARMARIUS_WALLTIME'])\n" + FINISHES)
    supervise(site, spec(walltime=3600))
    run = site.run("job1-1")
    assert 90 < int((run.path / "told").read_text()) <= 100
    assert run.spec().limits.walltime == 3600, "the next delivery may have all of it"


def test_an_engine_whose_pause_takes_long_is_asked_earlier(tmp_path: Path, clock: Callable[..., None]) -> None:
    tells = """
from armarius.functions.contracts import Progress
run.append_progress(Progress(at=1, phase="training", pause_seconds=100))
(run.path / "told").touch()
"""
    site = fake_site(tmp_path, tells + PAUSES)
    clock(told=(site.run("job1-1").path / "told", 3400.0))
    report = supervise(site, spec(walltime=3600, margin=60))
    assert (report.outcome, report.reason) == (Outcome.PAUSED, Reason.WALLTIME)


@pytest.mark.parametrize(
    ("view", "reason", "said"),
    [
        (JobView("CANCELLED"), Reason.JOB_CANCELLED, "Slurm job 12 on c1 was cancelled (scancel)"),
        (JobView("RUNNING"), Reason.STOPPED, "Slurm job 12 on c1 was told to end; nobody said why."),
    ],
)
def test_what_the_batch_shell_was_told_pauses_the_run(
    tmp_path: Path,
    slurm_says: Callable[[JobView], None],
    monkeypatch: pytest.MonkeyPatch,
    view: JobView,
    reason: Reason,
    said: str,
) -> None:
    notice = tmp_path / "notice"
    monkeypatch.setenv(NOTICE_VARIABLE, str(notice))
    slurm_says(view)
    leaves = f"open({str(notice)!r}, 'w')\n"
    report = supervise(fake_site(tmp_path, leaves + PAUSES.replace("A checkpoint is written.", "")), spec())
    assert (report.outcome, report.reason) == (Outcome.PAUSED, reason)
    assert report.message.startswith(said)


@pytest.fixture
def terminated() -> Iterator[list[bool]]:
    """Notes that SIGTERM was delivered in the end."""
    delivered: list[bool] = []
    before = signal.signal(signal.SIGTERM, lambda *_: delivered.append(True))
    yield delivered
    signal.signal(signal.SIGTERM, before)


TERMINATES = "os.kill(os.getppid(), signal.SIGTERM)\n" + PAUSES


def test_sigterm_pauses_a_run_in_a_job_of_slurm_and_then_ends_the_process(
    tmp_path: Path, slurm_says: Callable[[JobView], None], terminated: list[bool]
) -> None:
    site = fake_site(tmp_path, TERMINATES)
    report = supervise(site, spec())
    assert (report.outcome, report.reason, terminated) == (Outcome.PAUSED, Reason.STOPPED, [True])
    assert site.run("job1-1").report() == report


def test_elsewhere_whoever_ended_the_worker_hands_the_run_over_again(tmp_path: Path, terminated: list[bool]) -> None:
    site = fake_site(tmp_path, TERMINATES)
    with pytest.raises(Stopped, match="told to end"):
        supervise(site, spec())
    run = site.run("job1-1")
    assert (run.state(), terminated) == (RunState.LOST, [True])
    assert supervise(fake_site(tmp_path), spec()).outcome is Outcome.FINISHED


def test_an_engine_that_was_told_itself_says_so(tmp_path: Path) -> None:
    report = supervise(fake_site(tmp_path, "end(outcome='paused', reason='asked')"), spec())
    assert (report.outcome, report.reason) == (Outcome.PAUSED, Reason.STOPPED)
