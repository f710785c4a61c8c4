"""How runs end that nobody ends."""

from pathlib import Path

import pytest

from armarius.functions import supervisor
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
from armarius.functions.files import write_bytes
from armarius.functions.handover import EngineEnd
from armarius.functions.supervisor import supervise
from unit.functions.registered.fake_engine import fake_site, is_dead, spec, starts


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
