"""Who may enter, what can be posted, and what becomes of a text from outside."""

import re

import pytest

from support.escriptorium_life import Life
from support.escriptorium_visitor import Visitor

HOSTILE = "<script>alert(1)</script>'\"&\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.mark.parametrize("path", ["", "live/", "pool/", "pool/live/", "trainings/x/", "trainings/x/report/"])
def test_nobody_is_sent_to_the_sign_in(visit: type[Visitor], path: str) -> None:
    answer = visit().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next=/armarius/{path}")


def test_a_live_part_lets_its_page_go_to_the_sign_in(visit: type[Visitor]) -> None:
    answer = visit().get("live/", **{"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"], answer.content) == (200, "true", b"")


def test_others_trainings_are_not_there(life: Life, guigo: Visitor, stranger: Visitor, admin: Visitor) -> None:
    asked = life.ask()
    life.until_computing(asked)
    for part in ("", "live/", "report/"):
        path = f"trainings/{asked.id}/{part}"
        assert [who.get(path).status_code for who in (guigo, admin, stranger)] == [200, 200, 404]
    assert stranger.post(f"trainings/{asked.id}/cancel/").status_code == 404
    assert not life.row(asked).cancelled
    assert "Charters" not in stranger.read("")
    assert "Charters" not in stranger.read("?of=everyone")
    assert "Charters" in admin.read("?of=everyone")
    assert "Charters" not in admin.read("")


def test_the_beginning_of_an_id_is_no_key(life: Life, guigo: Visitor) -> None:
    asked = life.ask()
    assert guigo.get(f"trainings/{asked.id[:5]}/").status_code == 404
    assert guigo.get("trainings/%25/").status_code == 404


@pytest.mark.parametrize("path", ["pool/", "pool/live/"])
def test_the_pool_is_for_staff(guigo: Visitor, admin: Visitor, path: str) -> None:
    assert (guigo.get(path).status_code, admin.get(path).status_code) == (403, 200)


def test_draining_is_for_staff(life: Life, guigo: Visitor) -> None:
    life.office.ledger.sites.configured([life.made.config])
    assert [guigo.post(f"pool/alpha/{way}/").status_code for way in ("drain", "empty", "undrain")] == [403] * 3
    assert life.office.ledger.drains.all() == {}


def test_only_a_button_of_the_page_can_post(life: Life, visit: type[Visitor]) -> None:
    asked = life.ask()
    browser = visit(life.here.user, checked=True)
    path = f"trainings/{asked.id}/cancel/"
    assert browser.post(path).status_code == 403
    assert browser.get(path).status_code == 405
    assert not life.row(asked).cancelled
    page = browser.get(f"trainings/{asked.id}/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None
    assert browser.post(path, csrfmiddlewaretoken=found[1]).status_code == 302
    assert life.row(asked).cancelled


def test_what_is_posted_is_checked_without_any_middleware(life: Life, visit: type[Visitor]) -> None:
    from django.conf import settings
    from django.test import override_settings

    asked = life.ask()
    with override_settings(MIDDLEWARE=[each for each in settings.MIDDLEWARE if "Csrf" not in each]):
        browser = visit(life.here.user, checked=True)
        assert browser.post(f"trainings/{asked.id}/cancel/").status_code == 403
    assert not life.row(asked).cancelled


def test_a_name_is_text_and_nothing_else(life: Life, guigo: Visitor, admin: Visitor) -> None:
    asked = life.ask(life.here.model(HOSTILE))
    run = life.until_computing(asked)
    life.epoch(run, 1)
    life.step(3)
    pages = [guigo.get(""), guigo.get(f"trainings/{asked.id}/"), admin.get("pool/")]
    pages += [admin.get("?of=everyone"), guigo.get(f"trainings/{asked.id}/report/")]
    for page in pages:
        content = page.content.decode()
        assert "<script>alert" not in content
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0].content.decode()


def test_a_report_can_do_nothing(life: Life, guigo: Visitor) -> None:
    asked = life.ask()
    life.finish(life.until_computing(asked))
    life.until_ended(asked)
    answer = guigo.get(f"trainings/{asked.id}/report/")
    assert answer["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert str(life.made.folder) not in answer.content.decode()


def test_a_report_names_no_command_that_its_reader_cannot_type(life: Life, guigo: Visitor) -> None:
    asked = life.ask()
    life.until_computing(asked)
    life.office.ledger.cancel(asked.task_id)
    life.until_ended(asked)
    assert "armarius resume" not in guigo.get(f"trainings/{asked.id}/report/").content.decode()


def test_a_journal_that_is_away_is_said(guigo: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    from armarius.client.errors import JournalUnreachable
    from armarius.client.escriptorium.pages import trainings

    def away() -> None:
        raise JournalUnreachable("gone")

    monkeypatch.setattr(trainings, "desk", away)
    answer = guigo.get("")
    assert answer.status_code == 503
    assert "Nothing is lost by it" in answer.content.decode()
