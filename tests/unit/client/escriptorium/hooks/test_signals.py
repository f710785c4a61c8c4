"""What is done around a body, in the web server and in workers."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from armarius.client.escriptorium.hooks import signals
from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.host import reports
from armarius.client.escriptorium.record import Asked, TrainingRow
from support.escriptorium import Instance

TRAIN = SimpleNamespace(name="core.tasks.train")


@pytest.fixture
def chosen(here: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    from django.conf import settings

    monkeypatch.setenv("ARMARIUS_HOME", str(tmp_path / "home"))
    given: dict[str, Any] = {}
    monkeypatch.setattr(settings, "ARMARIUS", given)
    yield given


def publish(asked: Asked) -> None:
    signals.published(sender=asked.task, headers={"id": asked.task_id}, body=((), asked.arguments, {}))


def written() -> list[TrainingRow]:
    with opened_ledger() as ledger:
        return list(ledger.open_ones())


def test_a_training_is_written_down_before_its_message_is_sent(here: Instance, chosen: Any) -> None:
    asked = here.asked(here.model(), [here.part(1)])
    publish(asked)
    (row,) = written()
    assert (row.id, row.due - row.asked > 60) == (asked.id, True)


@pytest.mark.parametrize("options", [{"ENABLED": False}, {"LOCAL_USERS": ["guigo"]}, {"ON_OUTAGE": "local"}])
def test_what_may_stay_here_is_not(here: Instance, chosen: Any, options: dict[str, Any]) -> None:
    chosen.update(options)
    publish(here.asked(here.model(), [here.part(1)]))
    assert written() == []


def test_other_messages_are_nobodys_business(here: Instance, chosen: Any) -> None:
    signals.published(sender="core.tasks.convert", headers={"id": "x"}, body=((), {"instance_pk": 1}, {}))
    assert written() == []


def test_a_busy_model_does_not_keep_a_message_from_being_sent(here: Instance, chosen: Any) -> None:
    """Its body refuses it, and says why."""
    model = here.model()
    for _ in range(2):
        publish(here.asked(model, [here.part(1)]))
    assert len(written()) == 1


def test_a_journal_that_is_away_does_not_either(here: Instance, chosen: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    chosen["JOURNAL"] = f"sqlite:///{tmp_path / 'taken'}"
    publish(here.asked(here.model(), [here.part(1)]))


def test_reports_are_put_back_after_the_body(here: Instance, chosen: Any) -> None:
    asked = here.asked(here.model(), [here.part(1)])
    reports.step_aside(asked.task_id)
    signals.after_body(task_id=asked.task_id, task=SimpleNamespace(name="core.tasks.convert"))
    assert not here.reports.filter(task_id=asked.task_id).exists()
    signals.after_body(task_id=asked.task_id, task=TRAIN)
    assert here.reports.filter(task_id=asked.task_id).exists()


def test_a_revoked_task_is_a_wish_to_end(here: Instance, chosen: Any) -> None:
    asked = here.asked(here.model(), [here.part(1)])
    with opened_ledger() as ledger:
        ledger.write_down(asked, time.time())
    signals.revoked(request=SimpleNamespace(id=asked.task_id), sender=TRAIN)
    assert [row.cancelled for row in written()] == [True]


@pytest.mark.parametrize(
    ("queues", "options", "starts"),
    [(["gpu"], {}, 1), (["default"], {}, 0), (["gpu"], {"DRIVE": False}, 0)],
)
def test_a_worker_that_takes_trainings_drives_them(
    here: Instance,
    chosen: Any,
    monkeypatch: pytest.MonkeyPatch,
    queues: list[str],
    options: dict[str, Any],
    starts: int,
) -> None:
    from escriptorium.celery import app

    chosen.update(options)
    started: list[bool] = []
    monkeypatch.setattr(signals, "_keeper", SimpleNamespace(start=lambda: started.append(True)))
    monkeypatch.setattr(app.amqp.queues, "_consume_from", dict.fromkeys(queues))
    signals.begin_to_drive(sender=SimpleNamespace(app=app))
    assert len(started) == starts
