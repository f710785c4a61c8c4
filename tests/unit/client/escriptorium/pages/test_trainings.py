"""The list of trainings."""

import re

from armarius.client.escriptorium.record import Asked
from support.escriptorium_life import Life
from support.escriptorium_visitor import Visitor


def write_down(life: Life, number: int) -> None:
    """Many trainings, without the work of making them: each of a model that is not there (any more)."""
    for each in range(1, number + 1):
        asked = Asked("core.tasks.train", f"task-{each}", {"model_pk": 1000 + each, "user_pk": life.here.user.pk})
        life.office.ledger.write_down(asked, each)


def ids(page: str) -> list[str]:
    return re.findall(r'<tr id="t-(\w+)">', page)


def test_nothing_yet(guigo: Visitor) -> None:
    assert "Nothing yet. Press “Train”" in guigo.read("")


def test_newest_first_and_in_pages(life: Life, guigo: Visitor) -> None:
    write_down(life, 25)
    first, second = (guigo.get(f"?page={number}").content.decode() for number in (1, 2))
    assert len(ids(first)) == 20
    assert ids(first)[0] == Asked("", "task-25", {}).id
    assert ids(second)[-1] == Asked("", "task-1", {}).id
    assert not set(ids(first)) & set(ids(second))
    assert "Page 1 of 2" in first
    assert 'rel="next" href="?page=2"' in first
    assert 'rel="prev" href="?page=1"' in second


def test_a_page_that_is_none_is_the_nearest(life: Life, guigo: Visitor) -> None:
    write_down(life, 1)
    assert [len(ids(guigo.get(f"?page={number}").content.decode())) for number in ("9", "-1", "x")] == [1, 1, 1]


def test_it_is_refreshed_more_often_while_something_goes_on(life: Life, guigo: Visitor) -> None:
    asked = life.ask()
    assert 'hx-get="/armarius/live/?page=1" hx-trigger="every 5s"' in guigo.get("").content.decode()
    life.finish(life.until_computing(asked))
    life.until_ended(asked)
    assert 'hx-trigger="every 20s"' in guigo.get("live/").content.decode()


def test_a_live_part_is_no_whole_page(life: Life, guigo: Visitor) -> None:
    asked = life.ask()
    for path in ("live/", f"trainings/{asked.id}/live/"):
        content = guigo.get(path).content.decode()
        assert "<html" not in content
        assert content.strip().startswith(("<section", "<div"))


def test_it_takes_few_queries_however_long_it_is(life: Life, guigo: Visitor) -> None:
    from sqlalchemy import event

    from armarius.client.escriptorium.pages.desk import desk

    def queries(path: str) -> int:
        seen: list[str] = []
        engines = (desk().journal.glance._engine, desk().ledger.sites._engine)

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        guigo.read(path)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
        return len([each for each in seen if each.startswith("SELECT")])

    life.until_computing(life.ask())
    few = queries("")
    life.until_computing(life.ask())
    write_down(life, 15)
    assert queries("") == few <= 10


def test_without_escriptoriums_page_there_is_a_plain_one(life: Life, guigo: Visitor) -> None:
    from django.conf import settings
    from django.test import override_settings

    (alone,) = ({**each, "DIRS": []} for each in settings.TEMPLATES)
    with override_settings(TEMPLATES=[alone]):
        page = guigo.get("").content.decode()
    assert "stand-in" not in page
    assert '<body class="armarius-alone">' in page
    assert "armarius/pages.css" in page
