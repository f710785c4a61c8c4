"""What an admin is told."""

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from armarius.client.escriptorium.check import instance, reach
from armarius.client.escriptorium.check.cli import main
from armarius.client.escriptorium.check.verdict import Verdict
from armarius.client.escriptorium.options import pool_config
from armarius.client.escriptorium.record import Ledger
from armarius.client.jobs.desk import Desk
from armarius.client.testing import FakeSite
from armarius.functions.contracts import SiteReport
from support.escriptorium import Instance


class Workers:
    """What workers answer from afar, each in its turn: also two of one name."""

    def __init__(self, queues: list[tuple[str, str]], hooked: bool, pages: tuple[str, ...] = ()) -> None:
        self._queues, self._hooked, self._pages = queues, hooked, pages

    def broadcast(self, question: str, **_: Any) -> Any:
        if question == "active_queues":
            return [{name: [{"name": queue}]} for name, queue in self._queues]
        mark = " [armarius=0.1.0]" if self._hooked else ""
        said = [f"core.tasks.{task}{mark}" for task in ("train", *self._pages)]
        return [{name: [*said, "core.tasks.convert"]} for name, _ in self._queues]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMARIUS_HOME", str(tmp_path / "home"))


@pytest.fixture
def app(here: Instance) -> Any:
    from escriptorium.celery import app

    app.finalize()
    return app


def answers(app: Any, monkeypatch: pytest.MonkeyPatch, there: Workers) -> list[Verdict]:
    monkeypatch.setattr(app.control, "broadcast", there.broadcast)
    return list(instance.workers(app))


def test_a_worker_that_is_hooked(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (verdict,) = answers(app, monkeypatch, Workers([("celery@gpu", "gpu"), ("celery@gpu", "default")], hooked=True))
    assert (verdict.mark, verdict.said) == ("ok", "celery@gpu: 1 bodies are replaced")


def test_a_worker_that_is_not(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (verdict,) = answers(app, monkeypatch, Workers([("celery@gpu", "gpu")], hooked=False))
    assert verdict.mark == "wrong"
    assert "armarius.client.escriptorium.worker" in verdict.step


def test_no_worker(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (verdict,) = answers(app, monkeypatch, Workers([], hooked=False))
    assert (verdict.mark, verdict.said) == ("wrong", "no worker takes trainings")


def told_of_pages(app: Any, monkeypatch: pytest.MonkeyPatch, there: Workers, **chosen: Any) -> list[tuple[str, str]]:
    from django.conf import settings

    monkeypatch.setattr(settings, "ARMARIUS", chosen)
    monkeypatch.setattr(app.control, "broadcast", there.broadcast)
    return [(each.mark, each.said) for each in instance.pages(app)]


def test_pages_that_stay_here(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ((mark, said),) = told_of_pages(app, monkeypatch, Workers([], hooked=False))
    assert (mark, "eScriptorium's own" in said) == ("ok", True)


def test_pages_that_go_to_the_pool(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Workers([("celery@main", "default"), ("celery@gpu", "gpu")], hooked=True, pages=("segment",))
    chosen = {"PAGE_TASKS": ["core.tasks.segment"], "PAGE_USERS": ["guigo"], "PAGES_PER_JOB": 50}
    assert told_of_pages(app, monkeypatch, there, **chosen) == [
        ("ok", "segment of the pages of guigo; at most 50 together are one job"),
        ("ok", "celery@main: segment goes to the pool"),
    ]


@pytest.mark.parametrize(
    ("there", "chosen", "said"),
    [
        (Workers([("celery@main", "default")], hooked=False, pages=("segment",)), {}, "celery@main does segment by"),
        (Workers([("celery@main", "default")], hooked=True, pages=("transcribe",)), {}, "celery@main does segment by"),
        (Workers([("celery@gpu", "gpu")], hooked=True, pages=("segment",)), {}, "none hears the queue default"),
        (Workers([("celery@main", "default")], hooked=True), {"PAGE_QUEUES": ["far"]}, "none hears the queue far"),
    ],
)
def test_pages_that_nobody_takes(
    app: Any, monkeypatch: pytest.MonkeyPatch, there: Workers, chosen: dict[str, Any], said: str
) -> None:
    found = told_of_pages(app, monkeypatch, there, PAGE_TASKS=["core.tasks.segment"], **chosen)
    (wrong,) = [text for mark, text in found if mark == "wrong"]
    assert said in wrong


def test_what_this_escriptorium_is(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    generation, tasks = instance.generation(app)
    assert "with collections; keeps models as mlmodel" in generation.said
    assert tasks.said == "train, train_from_collection, segtrain, segtrain_from_collection"


def test_routes_that_are_no_dictionary(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    assert [each.mark for each in instance.routes(app)] == ["ok"]
    monkeypatch.setattr(settings, "CELERY_TASK_ROUTES", [])
    assert [each.mark for each in instance.routes(app)] == ["wrong"]


def test_storage(here: Instance, media: Path) -> None:
    assert {each.mark for each in instance.storage()} == {"ok"}
    (media / "documents").rmdir()
    (media / "models").rmdir()
    media.rmdir()
    (verdict,) = instance.storage()
    assert "MEDIA_ROOT" in verdict.said


def test_nobody_drives(here: Instance) -> None:
    assert [(each.name, each.mark) for each in reach.journal()] == [
        ("journal", "ok"),
        ("journal", "note"),
        ("driver", "wrong"),
    ]


def test_somebody_drives(here: Instance) -> None:
    ledger = Ledger(pool_config().journal)
    ledger.take_turn("me", time.time(), 60)
    assert [each.mark for each in reach.journal()] == ["ok", "note", "ok"]
    ledger.note_trouble("alpha does not answer", time.time())
    assert list(reach.journal())[-1].said == "it drives, but: alpha does not answer"
    ledger.close()


def test_a_site_without_kraken(here: Instance) -> None:
    (verdict,) = reach.sites()
    assert (verdict.name, verdict.mark) == ("site local", "wrong")


@pytest.mark.parametrize(("kraken", "mark"), [("5.3.0", "wrong"), ("7.1.1", "ok")])
def test_which_kraken_a_site_has(here: Instance, monkeypatch: pytest.MonkeyPatch, kraken: str, mark: str) -> None:
    """Without any site file, the pool is this machine, and that has eScriptorium's own."""
    found = SiteReport.model_validate(FakeSite().call("probe", {"blobs": [], "whole": False}))
    versions = found.versions.model_copy(update={"kraken": kraken})
    monkeypatch.setattr(Desk, "probe", lambda *_: found.model_copy(update={"versions": versions}))
    (verdict,) = reach.sites()
    assert verdict.mark == mark


def test_a_site_here_without_parsl(here: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "find_spec", lambda _: None)
    (verdict,) = reach.sites()
    assert (verdict.mark, verdict.step) == ("wrong", "pip install 'armarius[escriptorium,local]'")


def test_all_of_it_as_json(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.control, "broadcast", Workers([], hooked=False).broadcast)
    ran = CliRunner().invoke(main, ["check", "--json"])
    assert ran.exit_code == 1
    found = json.loads(ran.stdout)
    assert {each["name"] for each in found} >= {"eScriptorium", "tasks", "storage", "workers", "journal", "driver"}


def test_for_people(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.control, "broadcast", Workers([], hooked=False).broadcast)
    ran = CliRunner().invoke(main, ["check"])
    assert "wrong  workers       no worker takes trainings" in ran.stdout
    assert "Start one: celery -A armarius.client.escriptorium.worker" in ran.stdout


def test_to_drive_with_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr("armarius.client.escriptorium.life.process.main", asked.append)
    for words in (["drive", "--metrics", "9464"], ["drive"]):
        assert CliRunner().invoke(main, words).exit_code == 0
    assert asked == ["9464", None]


def test_metrics_that_cannot_be_offered_keep_nobody_from_driving(caplog: pytest.LogCaptureFixture) -> None:
    from armarius.client.escriptorium.life.process import _offer

    with ExitStack() as stack:
        _offer(stack, None, "nowhere")
    assert "no metrics are offered: 'nowhere' is no address" in caplog.text
