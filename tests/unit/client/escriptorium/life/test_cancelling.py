"""The Cancel buttons, in all their forms."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from armarius.client.escriptorium.host import reports
from armarius.client.escriptorium.record import Asked, Phase
from armarius.client.jobs.state import JobState
from support.escriptorium_life import Life


def by_model(life: Life, asked: Asked) -> None:
    """``models/<pk>/cancel_training/``, and the document's: the last report alone is cancelled."""
    life.model(asked).cancel_training(username="guigo")


def by_document(life: Life, asked: Asked) -> None:
    """``documents/<pk>/cancel_tasks/``: every report is, and the flag is put down."""
    for report in life.here.document.reports.filter(workflow_state__in=[0, 1]):
        report.cancel("guigo")
    life.model(asked).cancel_training(revoke_task=False)


def by_revoking(life: Life, asked: Asked) -> None:
    """By Celery alone, as from a monitoring tool."""
    life.office.ledger.cancel(asked.task_id)


FORMS = [by_model, by_document, by_revoking]


@pytest.fixture(autouse=True)
def no_broker(life: Life) -> Any:
    from escriptorium.celery import app

    with patch.object(app.control, "revoke") as revoke:
        yield revoke


@pytest.mark.parametrize("cancel", FORMS)
def test_cancelled_while_it_is_computed(life: Life, cancel: Callable[[Life, Asked], None]) -> None:
    asked = life.ask(parts=3)
    run = life.until_computing(asked)
    life.epoch(run, 1)
    life.step(3)
    cancel(life, asked)
    life.until_ended(asked)
    assert life.made.site.runs[run].cancelled
    assert life.job(asked).state is JobState.CANCELLED
    assert {report.workflow_state for report in life.reports(asked)} == {4}
    assert not life.model(asked).training
    assert [name for name, _ in life.events("training:error", "training:done")] == ["training:done"]


@pytest.mark.parametrize("cancel", FORMS)
def test_cancelled_before_it_is_a_job(life: Life, cancel: Callable[[Life, Asked], None]) -> None:
    asked = life.ask()
    cancel(life, asked)
    life.until_ended(asked)
    assert life.office.job(life.row(asked)) is None
    assert {report.workflow_state for report in life.reports(asked)} == {4}


def test_a_cancelled_training_does_not_hold_its_model(life: Life) -> None:
    """Another may begin at once, though the site has not been told yet."""
    asked = life.ask()
    life.until_computing(asked)
    life.made.site.reachable = False
    by_model(life, asked)
    life.step(2)
    assert life.row(asked).phase is not Phase.ENDED
    again = life.here.asked(life.model(asked), [])
    assert life.office.ledger.write_down(again, life.office.now())
    life.made.site.reachable = True
    life.until_ended(asked)
    assert life.row(again).phase is not Phase.ENDED


def test_the_accuracy_of_before_comes_back(life: Life) -> None:
    model = life.here.model(training_accuracy=0.9)
    asked = life.ask(model)
    run = life.until_computing(asked)
    life.epoch(run, 1)
    life.step(3)
    assert life.model(asked).training_accuracy != 0.9
    by_model(life, asked)
    life.until_ended(asked)
    assert life.model(asked).training_accuracy == 0.9


def test_deleting_the_model_ends_its_training(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    life.model(asked).delete()
    life.until_ended(asked)
    assert life.made.site.runs[run].cancelled


def test_administrators_may_cancel_the_job(life: Life) -> None:
    asked = life.ask()
    life.until_computing(asked)
    life.office.pool.desk.journal.ask_to_cancel(asked.id, life.office.now())
    life.until_ended(asked)
    assert "administrators" in life.story(asked)
    assert {report.workflow_state for report in life.reports(asked)} == {4}


def test_a_report_that_is_cancelled_while_it_stands_aside_is_heard(life: Life) -> None:
    """The button was pressed in the very moment in which the body returned, and its whole row was written."""
    asked = life.ask(parts=2)
    reports.step_aside(asked.task_id)
    last = life.here.reports.last()
    reports.put_back(asked.task_id)
    last.cancel("guigo")
    life.until_ended(asked)
    assert {report.workflow_state for report in life.reports(asked)} == {4}
