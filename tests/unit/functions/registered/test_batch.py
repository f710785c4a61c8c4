import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from armarius.functions import supervisor
from armarius.functions.contracts import (
    BadInput,
    Metrics,
    Outcome,
    PagesReport,
    RunState,
    RunStatus,
    Task,
    report_of,
)
from armarius.functions.errors import MissingData
from armarius.functions.registered import BATCH, CONTROL, call_batch
from armarius.functions.registered.source import NAMES
from armarius.functions.site import KRAKEN_VARIABLE, ROOT_VARIABLE
from unit.functions.registered.fake_engine import FINISHES, as_json, fake_site, spec, starts


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.05)


def payload(task: Task) -> Any:
    return as_json(spec(task).model_dump(mode="json"))


@pytest.mark.parametrize("task", list(Task))
def test_there_and_back_as_json(tmp_path: Path, task: Task) -> None:
    metrics = Metrics(split="test", cer=0.25, wer=0.5, characters=4, errors=1, lines=1)
    writes = f"end(outcome='finished', metrics={metrics.model_dump(mode='json')!r})"
    site = fake_site(tmp_path, writes)
    status = RunStatus.model_validate(as_json(BATCH[task.value](payload(task), site)))
    assert (status.run_id, status.state) == ("job1-1", RunState.ENDED)
    report = report_of(task).model_validate(status.report)
    assert (report.outcome, report.task) == (Outcome.FINISHED, task)
    assert isinstance(report, PagesReport) or report.metrics == metrics


@pytest.mark.parametrize("task", list(Task))
def test_a_spec_for_another_function_is_refused(tmp_path: Path, task: Task) -> None:
    site = fake_site(tmp_path)
    for name in {each.value for each in Task} - {task.value}:
        with pytest.raises(BadInput, match=f"'{task.value}' was sent to '{name}'"):
            BATCH[name](payload(task), site)
    assert not site.runs.exists()


@pytest.mark.parametrize(
    "change", [{"unknown": 1}, {"run_id": "../../etc"}, {"dataset": "short"}, {"limits": {"walltime": float("nan")}}]
)
def test_a_spec_that_is_none_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    site = fake_site(tmp_path)
    with pytest.raises(ValidationError):
        BATCH["train"]({**payload(Task.TRAIN), **change}, site)
    assert not site.runs.exists()


def test_the_second_delivery_beside_the_first_learns_that_it_runs(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    run = site.run("job1-1")
    lock = run.acquire()
    run.beat()
    try:
        status = RunStatus.model_validate(BATCH["train"](payload(Task.TRAIN), site))
    finally:
        os.close(lock)
    assert (status.state, status.report, starts(site)) == (RunState.RUNNING, None, [])
    assert status.heartbeat_age is not None


def test_the_delivery_of_an_ended_run_is_answered_from_its_report(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    first, second = (BATCH["train"](payload(Task.TRAIN), site) for _ in range(2))
    assert {**second, "heartbeat_age": 0} == {**first, "heartbeat_age": 0}
    assert len(starts(site)) == 1


def test_a_late_delivery_of_a_released_run_computes_nothing(tmp_path: Path) -> None:
    site = fake_site(tmp_path, FINISHES)
    BATCH["train"](payload(Task.TRAIN), site)
    assert CONTROL["release"]({"runs": ["job1-1"]}, site) == {"kept": []}
    status = RunStatus.model_validate(BATCH["train"](payload(Task.TRAIN), site))
    assert status.state is RunState.ENDED
    assert starts(site) == [], "the list of starts was released, and none was added"


def test_a_worker_knows_its_site_from_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fake_site(tmp_path)
    for name, value in site.environment().items():
        monkeypatch.setenv(name, value)
    assert call_batch("train", payload(Task.TRAIN)) == "ended"
    assert site.run("job1-1").report().outcome is Outcome.FINISHED


def test_a_worker_without_a_site_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    monkeypatch.delenv(KRAKEN_VARIABLE, raising=False)
    with pytest.raises(MissingData, match=ROOT_VARIABLE):
        call_batch("train", payload(Task.TRAIN))


def test_what_can_be_called_from_outside() -> None:
    assert set(BATCH) == {task.value for task in Task}
    assert set(CONTROL) == {"probe", "progress", "cancel", "release", "receive"}
    assert {*BATCH, *CONTROL} == set(NAMES)
