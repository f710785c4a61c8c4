"""Whose body runs for "Segment" and "Transcribe", and what ours writes down."""

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery

from armarius.client.escriptorium.hooks import annotation as module
from armarius.client.escriptorium.hooks import install, signals
from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.hooks.pages import NotDone
from armarius.client.escriptorium.options import PAGE_TASKS, options
from armarius.client.escriptorium.record import Asked, Phase, PressedRow
from support.escriptorium import Instance

OWN = {"segment": "segmented by eScriptorium itself", "transcribe": "transcribed by eScriptorium itself"}


class Worker:
    """A Celery app with the stand-in's tasks, whose bodies are replaced as the settings say."""

    def __init__(self) -> None:
        self.app = Celery("worker", set_as_current=False, broker="memory://", backend="cache+memory://")
        install(self.app)
        self.app.finalize()

    def run(self, asked: Asked, queue: str = "default") -> Any:
        """Runs a body as a worker does, without the signals around it."""
        task = self.app.tasks[asked.task]
        task.push_request(id=asked.task_id, delivery_info={"routing_key": queue}, called_directly=False)
        try:
            return task.run(**asked.arguments)
        finally:
            task.pop_request()


@pytest.fixture
def chosen(here: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    from django.conf import settings

    monkeypatch.setattr(module, "_originals", {})
    monkeypatch.setattr(module, "connect", lambda: None)
    monkeypatch.setenv("ARMARIUS_HOME", str(tmp_path / "home"))
    given: dict[str, Any] = {"PAGE_TASKS": list(PAGE_TASKS)}
    monkeypatch.setattr(settings, "ARMARIUS", given)
    yield given


def asked(here: Instance, task: str = "segment", **arguments: Any) -> Asked:
    part = here.part(1)
    given = {"instance_pks": [part.pk], "user_pk": here.user.pk, "model_pk": None, "task_group_pk": 7, **arguments}
    if task == "segment":
        given = {"steps": "both", "override": True, "text_direction": "horizontal-lr", **given}
    task_id = str(uuid4())
    here.reports.create(
        user=here.user, document=here.document, document_part=part, task_id=task_id, method=task, workflow_state=1
    )
    return Asked(f"core.tasks.{task}", task_id, given)


def written() -> list[PressedRow]:
    with opened_ledger() as ledger:
        return list(ledger.pressed.open_ones())


@pytest.mark.parametrize("task", ["segment", "transcribe"])
def test_by_default_escriptorium_does_it_itself(here: Instance, chosen: dict[str, Any], task: str) -> None:
    del chosen["PAGE_TASKS"]
    assert Worker().run(asked(here, task)) == OWN[task]
    assert written() == []


@pytest.mark.parametrize("task", ["segment", "transcribe"])
def test_what_is_pressed_is_only_written_down(here: Instance, chosen: dict[str, Any], task: str) -> None:
    wish = asked(here, task)
    assert Worker().run(wish) is None
    (row,) = written()
    assert (row.task_id, row.task, row.arguments_json) == (wish.task_id, wish.task, wish.arguments)
    assert (row.parts_json, row.user, row.phase) == (wish.arguments["instance_pks"], here.user.pk, Phase.ASKED)
    assert here.reports.filter(task_id=f"armarius:{wish.task_id}").count() == 1  # its body has just returned


def test_the_same_message_twice_is_one(here: Instance, chosen: dict[str, Any]) -> None:
    worker, wish = Worker(), asked(here)
    worker.run(wish)
    worker.run(wish)
    assert len(written()) == 1


def test_pages_of_one_press_are_alike_and_others_are_not(here: Instance, chosen: dict[str, Any]) -> None:
    worker = Worker()
    same = [asked(here), asked(here, report_label="Segment in Cartulary")]
    others = [
        asked(here, steps="lines"),
        asked(here, task_group_pk=8),
        asked(here, "transcribe"),
        asked(here, user_pk=None),
    ]
    for wish in (*same, *others):
        worker.run(wish)
    alike = {row.task_id: row.alike for row in written()}
    assert alike[same[0].task_id] == alike[same[1].task_id]
    assert len(set(alike.values())) == 5


def test_one_page_by_its_older_name(here: Instance, chosen: dict[str, Any]) -> None:
    """Other generations of eScriptorium give each task one page."""
    wish = asked(here)
    del wish.arguments["instance_pks"]
    Worker().run(Asked(wish.task, wish.task_id, {"instance_pks": None, "instance_pk": 5, **wish.arguments}))
    (row,) = written()
    assert row.parts_json == [5]


@pytest.mark.parametrize(
    "given",
    [
        {"PAGE_TASKS": ["core.tasks.transcribe"]},
        {"PAGE_USERS": ["somebody"]},
        {"PAGE_GROUPS": ["somebody"]},
        {"PAGE_QUEUES": ["gpu"]},
        {"ONLY_USERS": ["somebody"]},
        {"LOCAL_USERS": ["guigo"]},
        {"LOCAL_GROUPS": ["paleography"]},
        {"ENABLED": False},
    ],
)
def test_whose_pages_stay_here(here: Instance, chosen: dict[str, Any], given: dict[str, Any]) -> None:
    from django.contrib.auth.models import Group

    here.user.groups.add(Group.objects.create(name="paleography"))
    chosen.update(given)
    assert Worker().run(asked(here)) == OWN["segment"]
    assert written() == []


@pytest.mark.parametrize(
    "given",
    [{"PAGE_USERS": ["guigo"]}, {"PAGE_GROUPS": ["paleography"]}, {"PAGE_QUEUES": ["default", "gpu"]}],
)
def test_whose_pages_go(here: Instance, chosen: dict[str, Any], given: dict[str, Any]) -> None:
    from django.contrib.auth.models import Group

    here.user.groups.add(Group.objects.create(name="paleography"))
    chosen.update(given)
    assert Worker().run(asked(here)) is None
    assert len(written()) == 1


@pytest.mark.parametrize("given", [{"steps": "masks"}, {"steps": None}, {"instance_pks": []}])
def test_what_the_pool_cannot_do_escriptorium_does(here: Instance, chosen: dict[str, Any], given: Any) -> None:
    assert Worker().run(asked(here, **given)) == OWN["segment"]


def test_on_an_outage_the_own_body_runs_if_the_admin_wants_it(here: Instance, chosen: dict[str, Any]) -> None:
    chosen["ON_OUTAGE"] = "local"
    assert Worker().run(asked(here)) == OWN["segment"]  # nobody drives the pool


@pytest.mark.parametrize(("quota", "said"), [("quota_gpu", "GPU minutes"), ("quota_cpu", "CPU minutes")])
def test_a_quota_that_is_used_up_is_refused(
    here: Instance,
    chosen: dict[str, Any],
    heard: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    quota: str,
    said: str,
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "DISABLE_QUOTAS", False)
    type(here.user).objects.update(**{quota: 0})
    wish = asked(here)
    Worker().run(wish)
    (report,) = here.reports.filter(task_id=f"armarius:{wish.task_id}")
    assert (report.workflow_state, said in report.messages) == (2, True)
    (told,) = [event for event in heard if "text" in event]
    assert (told["id"], told["level"], said in told["text"]) == ("segmentation-error", "danger", True)
    (event,) = [event["data"] for event in heard if event.get("name") == "part:workflow"]
    assert (event["status"], event["id"], event["process"]) == ("error", wish.arguments["instance_pks"][0], "segment")
    assert here.models.DocumentPart.objects.get(pk=event["id"]).workflow_state == 2
    assert written() == []


def test_the_disk_does_not_matter(here: Instance, chosen: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "DISABLE_QUOTAS", False)
    type(here.user).objects.update(quota_disk_storage=0)
    Worker().run(asked(here))
    assert len(written()) == 1


def test_what_was_cancelled_in_the_queue_stays_so(here: Instance, chosen: dict[str, Any]) -> None:
    wish = asked(here)
    here.reports.update(done_at=datetime.now(timezone.utc))
    Worker().run(wish)
    assert [row.cancelled for row in written()] == [True]


def test_a_message_that_comes_again_after_the_end_says_the_same(here: Instance, chosen: dict[str, Any]) -> None:
    worker, good, bad = Worker(), asked(here), asked(here)
    for wish in (good, bad):
        worker.run(wish)
        here.reports.filter(task_id=f"armarius:{wish.task_id}").update(task_id=wish.task_id)
    with opened_ledger() as ledger:
        ledger.pressed.note_one(good.task_id, phase=Phase.ENDED, outcome="done")
        ledger.pressed.note_one(bad.task_id, phase=Phase.ENDED, outcome="f1.png was left out.")
    assert worker.run(good) is None
    with pytest.raises(NotDone, match="was left out"):
        worker.run(bad)
    assert written() == []
    assert not here.reports.filter(task_id__startswith="armarius:").exists()  # so eScriptorium ends them itself


def test_a_revoked_task_is_a_wish_to_end(here: Instance, chosen: dict[str, Any]) -> None:
    wish = asked(here)
    Worker().run(wish)
    signals.revoked(request=SimpleNamespace(id=wish.task_id), sender=SimpleNamespace(name=wish.task))
    assert [row.cancelled for row in written()] == [True]


def test_reports_are_put_back_after_the_body(here: Instance, chosen: dict[str, Any]) -> None:
    wish = asked(here)
    Worker().run(wish)
    signals.after_body(task_id=wish.task_id, task=SimpleNamespace(name=wish.task))
    assert here.reports.filter(task_id=wish.task_id, workflow_state=1).count() == 1


def test_a_worker_that_takes_pages_drives_them(
    here: Instance, chosen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from escriptorium.celery import app

    started: list[bool] = []
    monkeypatch.setattr(signals, "_keeper", SimpleNamespace(start=lambda: started.append(True)))
    monkeypatch.setattr(app.amqp.queues, "_consume_from", {"default": None})
    signals.begin_to_drive(sender=SimpleNamespace(app=app))
    assert started == [True]


def test_other_tasks_cannot_be_named(here: Instance, chosen: dict[str, Any]) -> None:
    chosen["PAGE_TASKS"] = ["core.tasks.align"]
    with pytest.raises(Exception, match="ARMARIUS: PAGE_TASKS"):
        options()
