import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from armarius.functions import fate
from armarius.functions.contracts import (
    CalibrationReport,
    Outcome,
    Phase,
    Progress,
    Reason,
    RunState,
    Task,
    TrainReport,
)
from armarius.functions.errors import Superseded
from armarius.functions.fate import settle
from armarius.functions.registered import control
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from armarius.functions.slurm import JobView
from support.jobs import calibration
from unit.functions.registered.fake_engine import spec


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run that was computed in job 12 on c1, and whose process is gone."""
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    monkeypatch.setenv("SLURMD_NODENAME", "c1")
    run = Site(tmp_path).run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec())
    owner = run.take_over()
    owner.beat()
    owner.append_progress(Progress(at=1, phase=Phase.TRAINING, step=7, memory=700))
    monkeypatch.delenv("SLURM_JOB_ID")
    monkeypatch.delenv("SLURMD_NODENAME")
    return run


def says(state: str, **fields: object) -> "fate.Ask":
    def ask(job: str) -> JobView:
        assert job == "12"
        return JobView(state, **fields)

    return ask


@pytest.mark.parametrize(
    ("state", "outcome", "reason", "said"),
    [
        ("PREEMPTED", Outcome.PAUSED, Reason.PREEMPTED, "Slurm job 12 on c1 had to make room for another job."),
        ("TIMEOUT", Outcome.PAUSED, Reason.WALLTIME, "The time of Slurm job 12 on c1 was up."),
        ("NODE_FAIL", Outcome.PAUSED, Reason.NODE_LOST, "The machine of Slurm job 12 on c1 failed."),
        ("OUT_OF_MEMORY", Outcome.FAILED, Reason.OUT_OF_MEMORY, "Slurm job 12 on c1 took more memory"),
        ("CANCELLED by 1001", Outcome.FAILED, Reason.JOB_CANCELLED, "Slurm job 12 on c1 was cancelled (scancel)"),
        ("CANCELLED+", Outcome.FAILED, Reason.JOB_CANCELLED, "Slurm job 12 on c1 was cancelled (scancel)"),
    ],
)
def test_a_lost_run_gets_the_report_that_slurm_knows(
    run: RunDir, state: str, outcome: Outcome, reason: Reason, said: str
) -> None:
    assert settle(run, run.state(), says(state, end=time.time() - 5)) is RunState.ENDED
    report = run.report()
    assert isinstance(report, TrainReport)
    assert (run.state(), report.outcome, report.reason) == (RunState.ENDED, outcome, reason)
    assert report.message.startswith(said)
    assert (report.host, report.usage.memory) == (os.uname().nodename, 700)


def test_what_was_foretold_is_not_lost_with_the_run(run: RunDir) -> None:
    foretold = CalibrationReport.model_validate(calibration())
    run.write_calibration(foretold)
    assert settle(run, run.state(), says("NODE_FAIL")) is RunState.ENDED
    report = run.report()
    assert isinstance(report, TrainReport)
    assert report.calibration == foretold


def test_a_copy_that_lives_on_writes_nothing_after_that(run: RunDir) -> None:
    claim = run.current_claim()
    assert claim is not None
    copy = RunDir(run.runs, run.run_id, claim.number)
    assert settle(run, run.state(), says("NODE_FAIL")) is RunState.ENDED
    before = run.report_path.read_bytes()
    with pytest.raises(Superseded):
        copy.write_report(run.report())
    assert run.report_path.read_bytes() == before


@pytest.mark.parametrize(
    "view",
    [
        JobView("RUNNING"),
        JobView("PENDING"),
        JobView("COMPLETED"),
        JobView("FAILED"),
        JobView("TIMEOUT", restarts=1),
        None,
    ],
    ids=lambda view: f"{view.state} {view.restarts}" if view else "unknown",
)
def test_where_slurm_does_not_know_it_to_be_over_the_run_stays_lost(run: RunDir, view: JobView | None) -> None:
    assert settle(run, run.state(), lambda _job: view) is not RunState.ENDED
    assert run.state() is RunState.LOST


def test_while_its_job_is_just_ending_the_run_is_not_given_up(run: RunDir) -> None:
    ending = says("COMPLETING")
    assert settle(run, run.state(), ending) is RunState.RUNNING
    os.utime(run.heartbeat_path, (time.time(), time.time() - 2 * fate.ENDING_SECONDS))
    assert settle(run, run.state(), ending) is RunState.LOST, "a job can hang in its end for hours"


def test_a_run_that_is_computed_is_not_asked_about(run: RunDir) -> None:
    lock = run.acquire()
    try:
        assert settle(run, run.state(), lambda _job: pytest.fail("asked")) is not RunState.ENDED
    finally:
        os.close(lock)


def test_a_lock_that_a_lost_machine_left_over_keeps_nobody_out(run: RunDir) -> None:
    """Some file servers keep the locks of a machine that is gone."""
    lock = run.acquire()
    os.utime(run.heartbeat_path, (1, 1))
    try:
        assert settle(run, run.state(), says("NODE_FAIL")) is RunState.ENDED
    finally:
        os.close(lock)
    assert run.report().reason is Reason.NODE_LOST


def test_outside_of_slurm_nobody_is_asked(tmp_path: Path) -> None:
    run = Site(tmp_path).run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec(Task.TRAIN))
    run.take_over().beat()
    assert settle(run, run.state(), lambda _job: pytest.fail("asked")) is not RunState.ENDED


def test_who_took_the_run_over_meanwhile_keeps_it(run: RunDir) -> None:
    def ask(_job: str) -> JobView:
        run.seal()
        return JobView("NODE_FAIL")

    assert settle(run, run.state(), ask) is not RunState.ENDED
    assert not run.report_path.exists()


def test_a_look_at_a_lost_run_brings_its_report(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fate.slurm, "ask", says("PREEMPTED"))
    asked = {"runs": [{"run_id": "job1-1", "position": 0}]}
    (status,) = control.progress(asked, Site(run.runs.parent))["runs"]
    assert (status["state"], status["report"]["reason"]) == ("ended", "preempted")


def test_while_slurm_is_away_one_call_does_not_wait_for_it_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    asked: list[str] = []

    def ask(job: str) -> None:
        asked.append(job)
        now[0] += 6

    monkeypatch.setattr(fate.slurm, "ask", ask)
    monkeypatch.setattr(fate, "time", SimpleNamespace(monotonic=lambda: now[0]))
    spare = fate.sparing()
    for job in "12345":
        assert spare(job) is None
    assert asked == ["1", "2"]
