"""Whose body runs: ours, eScriptorium's own, and what Celery makes of it."""

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from armarius.client.escriptorium.hooks import Annotation, annotations, install
from armarius.client.escriptorium.hooks import annotation as module
from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.record import Phase
from support.escriptorium import Instance

OWN = "trained by eScriptorium itself"


def other() -> str:
    """A body that is nobody's business here."""
    return "other"


class Worker:
    """A Celery app with the stand-in's tasks."""

    def __init__(self, here: Instance, *already: Any) -> None:
        self.app = Celery("worker", set_as_current=False, broker="memory://", backend="cache+memory://")
        self.app.conf.task_annotations = already
        install(self.app)
        self.app.task(other, name="core.tasks.other", shared=False)
        self.app.finalize()

    def run(self, asked: Any) -> Any:
        """Runs a body as a worker does, without the signals around it."""
        return self.app.tasks[asked.task].apply(kwargs=asked.arguments, task_id=asked.task_id, throw=True).get()


@pytest.fixture
def hooked(here: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from django.conf import settings

    monkeypatch.setattr(module, "_originals", {})
    monkeypatch.setattr(module, "connect", lambda: None)
    monkeypatch.setenv("ARMARIUS_HOME", str(tmp_path / "home"))
    given: dict[str, Any] = {}
    monkeypatch.setattr(settings, "ARMARIUS", given)
    yield given


def written() -> list[tuple[int, Phase]]:
    with opened_ledger() as ledger:
        return [(row.model, row.phase) for row in ledger.open_ones()]


def test_a_training_is_only_written_down(here: Instance, hooked: Any) -> None:
    worker = Worker(here)
    asked = here.asked(here.model(), [here.part(1)])
    assert worker.run(asked) is None
    assert written() == [(asked.model, Phase.ASKED)]


def test_the_same_message_twice_is_one_training(here: Instance, hooked: Any) -> None:
    worker = Worker(here)
    asked = here.asked(here.model(), [here.part(1)])
    worker.run(asked)
    worker.run(asked)
    assert len(written()) == 1


def test_what_was_cancelled_in_the_queue_stays_so(here: Instance, hooked: Any) -> None:
    """eScriptorium lets its report run again when the message is delivered after all."""
    asked = here.asked(here.model(), [here.part(1)])
    here.reports.update(done_at=datetime.now(timezone.utc))
    Worker(here).run(asked)
    with opened_ledger() as ledger:
        assert [row.cancelled for row in ledger.open_ones()] == [True]


def test_a_bound_body_is_replaced_as_well(here: Instance, hooked: Any) -> None:
    worker = Worker(here)
    asked = here.asked(here.model(), [], "core.tasks.segtrain_from_collection", collection_pk=1)
    del asked.arguments["part_pks"]
    worker.run(asked)
    hooked["LOCAL_USERS"] = [here.user.username]
    assert worker.run(asked) == OWN


def test_other_tasks_are_left_alone(here: Instance, hooked: Any) -> None:
    worker = Worker(here)
    assert worker.app.tasks["core.tasks.other"].apply().get() == "other"


def test_annotations_that_were_there_stay(here: Instance, hooked: Any) -> None:
    worker = Worker(here, {"core.tasks.train": {"rate_limit": "7/m"}, "*": {"time_limit": 99}})
    task = worker.app.tasks["core.tasks.train"]
    assert (task.rate_limit, task.time_limit) == ("7/m", 99)
    asked = here.asked(here.model(), [here.part(1)])
    assert worker.run(asked) is None


def test_annotations_merge() -> None:
    own = {"core.tasks.train": {"rate_limit": "7/m"}}
    for given in ((), (None,), (own,), ([own],), ((own,),)):
        ours, *others = annotations(*given)
        assert isinstance(ours, Annotation)
        assert others == ([own] if given and given[0] else [])
    assert len(annotations(annotations(own))) == 2


@pytest.mark.parametrize(
    "chosen",
    [
        {"LOCAL_USERS": ["guigo"]},
        {"LOCAL_GROUPS": ["paleography"]},
        {"ONLY_USERS": ["somebody"]},
        {"ONLY_GROUPS": ["somebody"]},
    ],
)
def test_whose_trainings_stay_here(here: Instance, hooked: Any, chosen: dict[str, Any]) -> None:
    from django.contrib.auth.models import Group

    here.user.groups.add(Group.objects.create(name="paleography"))
    hooked.update(chosen)
    worker = Worker(here)
    asked = here.asked(here.model(), [here.part(1)])
    assert worker.run(asked) == OWN
    assert here.models.OcrModel.objects.get(pk=asked.model).training_accuracy == 0.5
    assert written() == []


@pytest.mark.parametrize("chosen", [{"ONLY_USERS": ["guigo"]}, {"ONLY_GROUPS": ["paleography"]}])
def test_whose_trainings_go(here: Instance, hooked: Any, chosen: dict[str, Any]) -> None:
    from django.contrib.auth.models import Group

    here.user.groups.add(Group.objects.create(name="paleography"))
    hooked.update(chosen)
    assert Worker(here).run(here.asked(here.model(), [here.part(1)])) is None
    assert len(written()) == 1


def test_switched_off_nothing_is_replaced(here: Instance, hooked: Any) -> None:
    hooked["ENABLED"] = False
    worker = Worker(here)
    assert worker.run(here.asked(here.model(), [here.part(1)])) == OWN
    assert Annotation().annotate(worker.app.tasks["core.tasks.train"]) is None


def test_on_an_outage_the_own_body_runs_if_the_admin_wants_it(here: Instance, hooked: Any) -> None:
    hooked["ON_OUTAGE"] = "local"
    worker = Worker(here)
    asked = here.asked(here.model(), [here.part(1)])
    assert worker.run(asked) == OWN  # nobody drives the pool
    with opened_ledger() as ledger:
        ledger.take_turn("somebody", time.time(), 60)
        assert worker.run(asked) is None
        ledger.note_trouble("alpha does not answer", time.time() - 301)
    assert worker.run(asked) == OWN


def test_a_journal_that_does_not_answer_is_an_outage(here: Instance, hooked: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    hooked.update(ON_OUTAGE="local", JOURNAL=f"sqlite:///{tmp_path / 'taken'}")
    assert Worker(here).run(here.asked(here.model(), [here.part(1)])) == OWN


# Refusals ----------------------------------------------------------------------------------------------------------


def refused(here: Instance, asked: Any, heard: list[dict[str, Any]], *events: str) -> str:
    """Returns what a refused user was told, everywhere."""
    reports = list(here.reports.filter(task_id=f"armarius:{asked.task_id}"))  # its body has just returned
    assert {report.workflow_state for report in reports} == {2}
    assert [event["name"] for event in heard if event.get("name", "").startswith("training:")] == list(events)
    (told,) = [event for event in heard if "text" in event]
    assert told["level"] == "danger"
    assert told["text"] in reports[0].messages
    return str(told["text"])


def test_who_may_not_train_is_refused(here: Instance, hooked: Any, heard: list[dict[str, Any]]) -> None:
    here.user.user_permissions.clear()
    asked = here.asked(here.model(), [here.part(1), here.part(2)])
    Worker(here).run(asked)
    assert "permission" in refused(here, asked, heard, "training:error")
    assert written() == []


@pytest.mark.parametrize(
    ("quota", "said"), [("quota_gpu", "GPU minutes"), ("quota_cpu", "CPU minutes"), ("quota_disk_storage", "disk")]
)
def test_a_quota_that_is_used_up_is_refused(
    here: Instance,
    hooked: Any,
    heard: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    quota: str,
    said: str,
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "DISABLE_QUOTAS", False)
    type(here.user).objects.update(**{quota: 0})
    asked = here.asked(here.model(), [here.part(1)])
    Worker(here).run(asked)
    assert said in refused(here, asked, heard, "training:error")
    assert written() == []


def test_one_writer_per_model(here: Instance, hooked: Any, heard: list[dict[str, Any]]) -> None:
    worker, model = Worker(here), here.model()
    first, second = (here.asked(model, [here.part(number)]) for number in (1, 2))
    worker.run(first)
    worker.run(second)
    assert "being trained already" in refused(here, second, heard)
    assert len(written()) == 1
    model.refresh_from_db()
    assert here.reports.filter(task_id=f"armarius:{first.task_id}", workflow_state=1).count() == 1


def test_a_setting_that_cannot_be_used_is_named(here: Instance, hooked: Any) -> None:
    hooked["ON_OUTAGE"] = "panic"
    with pytest.raises(Exception, match="ARMARIUS: ON_OUTAGE"):
        Worker(here)
