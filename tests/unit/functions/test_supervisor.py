import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from armarius.functions import allocation, child, supervisor
from armarius.functions.allocation import Allocation
from armarius.functions.contracts import (
    CheckpointRef,
    EvaluationReport,
    Metrics,
    Outcome,
    Reason,
    RunState,
    Task,
    TrainReport,
)
from armarius.functions.errors import RunBusy, Stopped, Superseded
from armarius.functions.files import write_bytes
from armarius.functions.frame import CPUS_VARIABLE, GPUS_VARIABLE, MEMORY_VARIABLE, WALLTIME_VARIABLE
from armarius.functions.handover import EngineEnd
from armarius.functions.notice import NOTICE_VARIABLE
from armarius.functions.rundir import ROOM
from armarius.functions.site import Site
from armarius.functions.slurm import JobView
from armarius.functions.supervisor import supervise
from support.cli import until
from unit.functions.registered.fake_engine import FINISHES, fake_site, is_dead, spec, starts

MIB = 2**20
PAUSES = """
assert sys.stdin.readline() == "pause\\n"
end(outcome="paused", reason="asked", message="A checkpoint is written.")
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks more often than on a cluster."""
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(child, "GRACE_SECONDS", 0.2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the supervisor believe that time has passed as soon as a file is there."""

    def set_(**seconds_with: tuple[Path, float]) -> None:
        def monotonic() -> float:
            return max((seconds for path, seconds in seconds_with.values() if path.exists()), default=0.0)

        monkeypatch.setattr(supervisor, "time", SimpleNamespace(monotonic=monotonic, time=time.time))

    return set_


def test_a_run_that_finishes(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    report = supervise(site, spec())
    assert isinstance(report, TrainReport)
    assert (report.outcome, report.reason, report.run_id, report.task) == (
        Outcome.FINISHED, None, "job1-1", Task.TRAIN,
    )  # fmt: skip
    assert (report.versions.kraken, report.versions.torch) == ("7.1.1", "2.9.1")
    assert report.usage.memory
    assert 0 < report.usage.seconds == pytest.approx(report.ended - report.started)
    run = site.run("job1-1")
    assert (run.report(), run.spec(), run.state()) == (report, spec(), RunState.ENDED)
    assert not run.is_locked()
    assert [is_dead(pid) for pid in starts(site)] == [True]


def test_an_evaluation_has_the_report_of_an_evaluation(tmp_path: Path) -> None:
    metrics = Metrics(split="test", cer=0.1, wer=0.2, characters=10, errors=1, lines=1)
    site = fake_site(tmp_path, f"end(outcome='finished', metrics={metrics.model_dump(mode='json')!r})")
    report = supervise(site, spec(Task.EVALUATE))
    assert isinstance(report, EvaluationReport)
    assert report.metrics == metrics


def test_the_report_names_the_newest_checkpoint(tmp_path: Path) -> None:
    writes = """
run.checkpoints.mkdir()
for step in (50, 100):
    (run.checkpoints / "written").write_bytes(b"%d" % step)
    run.record_checkpoint(run.checkpoints / "written", epoch=step // 50, step=step)
sys.exit(1)
"""
    report = supervise(fake_site(tmp_path, writes), spec())
    assert isinstance(report, TrainReport)
    assert isinstance(report.checkpoint, CheckpointRef)
    assert (report.checkpoint.step, report.checkpoint.run_id) == (100, "job1-1")


def test_what_the_engine_says_is_believed(tmp_path: Path) -> None:
    behaviour = "end(outcome='failed', reason='bad_model', message='base.mlmodel is corrupt.')\nsys.exit(3)"
    report = supervise(fake_site(tmp_path, behaviour), spec())
    assert (report.outcome, report.reason, report.message) == (
        Outcome.FAILED, Reason.BAD_MODEL, "base.mlmodel is corrupt.",
    )  # fmt: skip


def test_an_engine_that_ends_without_a_word_is_quoted(tmp_path: Path) -> None:
    report = supervise(fake_site(tmp_path, "print('Segmentation of page 7', file=sys.stderr)\nsys.exit(9)"), spec())
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.ENGINE_DIED)
    assert "exit code 9" in report.message
    assert report.message.endswith("Segmentation of page 7")


def test_an_engine_that_is_killed(tmp_path: Path) -> None:
    report = supervise(fake_site(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)"), spec())
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.ENGINE_DIED)
    assert "exit code -9" in report.message


def test_the_word_of_an_earlier_engine_does_not_count(tmp_path: Path) -> None:
    site = fake_site(tmp_path, "sys.exit(1)")
    write_bytes(site.run("job1-1").engine_path, EngineEnd(outcome=Outcome.FINISHED).canonical_json())
    assert supervise(site, spec()).reason is Reason.ENGINE_DIED


def test_what_the_kernel_killed_for_memory_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([4, 5])
    monkeypatch.setattr(supervisor, "oom_kills", lambda: next(counts))
    report = supervise(fake_site(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)"), spec())
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.OUT_OF_MEMORY)


# Cancelling and pausing ------------------------------------------------------------------------------------------


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


# What it takes and what it leaves ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "eats",
    [
        "eaten = b'x' * (200 << 20)\nhang()",
        "subprocess.Popen([sys.executable, '-c', 'eaten = b\"x\" * (200 << 20); input()'])\nhang()",
    ],
    ids=["itself", "its child"],
)
def test_an_engine_that_takes_too_much_memory_is_ended(tmp_path: Path, eats: str) -> None:
    site = fake_site(tmp_path, eats)
    report = supervise(site, spec(memory=150 * MIB))
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.OUT_OF_MEMORY)
    assert "of the 0.1 GiB it was allowed" in report.message
    assert report.usage.memory is not None
    assert report.usage.memory > 150 * MIB
    assert [is_dead(pid) for pid in starts(site)] == [True]


@pytest.mark.parametrize("ending", [FINISHES, "sys.exit(1)", "run.cancel_path.touch()\nhang()"])
def test_what_the_engine_started_ends_with_it(tmp_path: Path, ending: str) -> None:
    leaves = """
left = subprocess.Popen(
    [sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"],
    stdout=subprocess.PIPE,
)
left.stdout.readline()
(run.path / "left").write_text(str(left.pid))
"""
    site = fake_site(tmp_path, leaves + ending)
    supervise(site, spec())
    left = int((site.run("job1-1").path / "left").read_text())
    until(lambda: is_dead(left), "the end of what the engine left behind")


# A site that lacks something -----------------------------------------------------------------------------------------


def test_no_interpreter(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", tmp_path / "nowhere" / "python")
    report = supervise(site, spec())
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.ENGINE_MISSING)
    assert str(site.kraken_python) in report.message
    assert "ARMARIUS_KRAKEN_PYTHON" in report.message


def test_an_interpreter_without_kraken(tmp_path: Path) -> None:
    site = fake_site(tmp_path, environment={"kraken": "", "torch": "", "armarius": "0.1.0"})
    report = supervise(site, spec())
    assert (report.outcome, report.reason, starts(site)) == (Outcome.FAILED, Reason.ENGINE_MISSING, [])
    assert "lacks kraken" in report.message


# Delivered twice -----------------------------------------------------------------------------------------------------


def test_the_second_delivery_of_an_ended_run_touches_nothing(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    first = supervise(site, spec())
    path = site.run("job1-1").report_path
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert supervise(site, spec(cpus=7)) == first
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert len(starts(site)) == 1


def test_a_run_that_another_computes_is_left_to_it(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    lock = site.run("job1-1").acquire()
    try:
        with pytest.raises(RunBusy, match="job1-1"):
            supervise(site, spec())
    finally:
        os.close(lock)
    assert starts(site) == []
    assert supervise(site, spec()).outcome is Outcome.FINISHED


def test_a_run_whose_process_died_begins_again_as_it_was_asked_first(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    run = site.run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec(cpus=3))
    run.beat()
    assert run.state() is RunState.LOST
    assert supervise(site, spec(cpus=1)).outcome is Outcome.FINISHED
    assert run.spec().limits.cpus == 3


def test_a_run_stays_within_its_sites_frame_whatever_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {CPUS_VARIABLE: "2", GPUS_VARIABLE: "0", MEMORY_VARIABLE: "1", WALLTIME_VARIABLE: "60"}.items():
        monkeypatch.setenv(name, value)
    site = fake_site(tmp_path, "hang()")
    report = supervise(site, spec(cpus=4096, gpus=99))
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.OUT_OF_MEMORY)
    assert report.usage.gpu_seconds == 0
    recorded = site.run("job1-1").spec().limits
    assert (recorded.cpus, recorded.gpus, recorded.memory, recorded.walltime) == (2, 0, 1, 60)


def test_a_second_delivery_to_a_smaller_worker_is_cut_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fake_site(tmp_path)
    run = site.run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec(cpus=8))
    monkeypatch.setenv(CPUS_VARIABLE, "2")
    assert supervise(site, spec(cpus=8)).outcome is Outcome.FINISHED
    assert run.spec() == spec(cpus=2)


# The scheduler -------------------------------------------------------------------------------------------------------

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
"""
    site = fake_site(tmp_path, tells + PAUSES)
    clock(begun=(site.run("job1-1").path / "starts", 3400.0))
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


# Taken over ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notices", ["the supervisor", "the engine"])
def test_a_run_that_was_taken_over_is_left_as_it_is(tmp_path: Path, notices: str) -> None:
    ends = "hang()" if notices == "the supervisor" else "sys.exit(76)"
    site = fake_site(tmp_path, "from armarius.functions.rundir import RunDir\nrun.seal()\n" + ends)
    with pytest.raises(Superseded):
        supervise(site, spec())
    run = site.run("job1-1")
    assert not run.report_path.exists()
    assert [is_dead(pid) for pid in starts(site)] == [True]
    assert not run.is_locked()


def test_what_the_kernel_counts_of_the_job_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "job_memory", lambda: 4711)
    assert supervise(fake_site(tmp_path), spec()).usage.job_memory == 4711


def test_room_is_kept_for_the_words_of_the_end_and_given_back_to_them(tmp_path: Path) -> None:
    site = fake_site(tmp_path, f"assert run.room_path.stat().st_size == {ROOM}\n{FINISHES}")
    assert supervise(site, spec()).outcome is Outcome.FINISHED
    assert not site.run("job1-1").room_path.exists()
