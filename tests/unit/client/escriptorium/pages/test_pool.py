"""The page of the compute pool."""

import time
from typing import Any

import pytest

from armarius.client.escriptorium.life.sounding import Sounding
from armarius.client.jobs.request import JobKind
from armarius.client.journal import Drain
from armarius.client.words import moment
from armarius.functions.contracts import QueueReport, WaitEstimate
from support.escriptorium_life import Life
from support.escriptorium_pages import PageLife
from support.escriptorium_visitor import Visitor


@pytest.fixture
def sounding(life: Life) -> Sounding:
    return Sounding(life.office)


def ask(sounding: Sounding) -> None:
    sounding.look()
    sounding.rest(60)


def test_before_anybody_drives(admin: Visitor) -> None:
    seen = admin.read("pool/")
    assert "Nobody drives trainings" in seen
    assert "No site is known yet" in seen


def test_a_site_its_queue_and_its_jobs(life: Life, admin: Visitor, sounding: Sounding) -> None:
    waits = (("30m", 0.0), ("8h", 5400.0))
    life.made.site.queue = QueueReport(
        waits=tuple(WaitEstimate(shape="small", walltime=text, seconds=seconds) for text, seconds in waits)
    )
    ask(sounding)
    waiting = life.ask()
    life.until_computing(waiting)
    life.made.site.runs[f"{waiting.id}-1"].lines.clear()
    running = life.ask(life.here.model("Bulls"))
    life.epoch(life.until_computing(running), 1)
    life.step(3)
    seen = admin.read("pool/")
    assert "alpha local, kraken 7 Online" in seen
    assert "1 1 small starts at once 2 CPUs, 4.3 GB" in seen
    assert seen.index("Bulls guigo Training alpha") < seen.index("Charters guigo In the queue alpha")
    assert "30m: at once, 8h: in 1 h 30 min" in admin.get("pool/").content.decode()
    assert admin.get("pool/live/").content.decode().count("<svg") == 1


def test_a_job_that_no_user_of_this_escriptorium_asked_for(life: Life, admin: Visitor) -> None:
    life.made.create("elsewhere", name="from-a-script", kind=JobKind.TRAIN)
    assert "from-a-script – Packed" in admin.read("pool/")


def test_work_on_pages_that_somebody_pressed_for(
    life: Life, office: Any, admin: Visitor, heard: list[dict[str, Any]]
) -> None:
    pages = PageLife(office, life.made, life.here, heard)
    (asked,) = pages.press([life.here.part(1)])
    run = pages.until_read(asked)
    assert "cartulary-segment – In the queue alpha" in admin.read("pool/")
    pages.finish_pages(asked, run)
    pages.until_written(asked)
    assert "cartulary-segment" not in admin.read("pool/")


def test_a_site_that_does_not_answer(life: Life, admin: Visitor, sounding: Sounding) -> None:
    life.made.site.reachable = False
    ask(sounding)
    assert "alpha local No answer The fake site does not answer. never" in admin.read("pool/")


def test_what_troubles_the_pool_is_said(life: Life, admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    life.office.pool.driver.trouble = "The <i>journal</i> was slow."
    life.step()
    monkeypatch.setattr(time, "time", life.made.clock.now)
    assert "The <i>journal</i> was slow." in admin.read("pool/")


def test_to_drain_and_to_undrain(
    life: Life, admin: Visitor, sounding: Sounding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", life.made.clock.now)
    ask(sounding)
    answer = admin.post("pool/alpha/drain/")
    assert (answer.status_code, answer["Location"]) == (302, "/armarius/pool/")
    seen = admin.read("pool/")
    assert "alpha takes no new trainings." in seen
    assert "Drained admin has drained it" in seen
    assert life.made.desk().is_drained("alpha")
    assert not life.made.desk().is_emptying("alpha")
    admin.post("pool/alpha/undrain/")
    assert "Online" in admin.read("pool/")
    assert not life.made.desk().is_drained("alpha")


def test_to_drain_and_to_move_what_is_there(
    life: Life, admin: Visitor, sounding: Sounding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", life.made.clock.now)
    ask(sounding)
    admin.post("pool/alpha/empty/")
    seen = admin.read("pool/")
    assert "alpha takes no new trainings, and those that it has go on elsewhere." in seen
    assert "Drained admin empties it: what runs there goes on elsewhere, nothing new begins." in seen
    assert life.made.desk().is_emptying("alpha")


def test_a_maintenance_that_is_planned(
    life: Life, admin: Visitor, sounding: Sounding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", life.made.clock.now)
    ask(sounding)
    now = life.made.clock.now()
    life.made.journal.drains.drain(Drain("alpha", "admin", now, now + 3600, now + 7200))
    seen = admin.read("pool/")
    assert f"Online It is drained from {moment(now + 3600)} on." in seen
    assert "Undrain" in seen
    life.made.clock.pass_(3600)
    assert f"nothing new begins. Until {moment(now + 7200)}." in admin.read("pool/")
    life.made.clock.pass_(3600)
    assert "drained" not in admin.read("pool/")


def test_there_is_no_such_site(admin: Visitor) -> None:
    for way in ("drain", "empty", "undrain"):
        assert admin.post(f"pool/nowhere/{way}/").status_code == 404


def test_what_a_site_file_has_closed_no_page_opens(life: Life, admin: Visitor, sounding: Sounding) -> None:
    closed = life.made.config.model_copy(update={"drained": True})
    life.office.ledger.sites.configured([closed])
    seen = admin.read("pool/")
    assert "Its site file says that it takes no new trainings." in seen
    assert "Undrain" not in seen


def test_a_look_at_the_page_is_remembered(life: Life, admin: Visitor) -> None:
    life.office.ledger.sites.configured([life.made.config])
    admin.read("pool/")
    (row,) = life.office.ledger.sites.all()
    assert time.time() - row.looked < 60


def test_more_jobs_than_are_shown(life: Life, admin: Visitor, monkeypatch: Any) -> None:
    from armarius.client.escriptorium.pages import pool

    monkeypatch.setattr(pool, "MOST_SHOWN", 1)
    for number in range(3):
        life.made.create(f"job{number}")
    seen = admin.read("pool/")
    assert "Under way 3" in seen
    assert "and 2 more" in seen
