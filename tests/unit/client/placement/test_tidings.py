"""A site is asked once for all who want to know how it is."""

from threading import Barrier, Event, Thread

from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.placement.tidings import FRESH, FRESH_SILENCE, understood
from armarius.functions.contracts import SiteReport
from support.desk import Bench


def test_an_answer_counts_for_a_minute_whoever_asked(made: Bench) -> None:
    first, second = made.desk("one"), made.desk("two")
    assert understood(first.ask("alpha")) is not None
    made.clock.pass_(FRESH - 1)
    assert second.ask("alpha").tried == made.clock.now() - (FRESH - 1)
    assert first.ask("alpha").silent is None
    assert made.site.calls == ["probe"]
    made.clock.pass_(1)
    second.ask("alpha")
    assert made.site.calls == ["probe"] * 2


def test_silence_is_remembered_too_and_since_when(made: Bench) -> None:
    desk, began = made.desk(), made.clock.now()
    made.site.reachable = False
    assert desk.ask("alpha").silent == began
    made.clock.pass_(FRESH_SILENCE - 1)
    assert desk.ask("alpha").tried == began
    made.clock.pass_(1)
    row = desk.ask("alpha")
    assert (row.silent, row.tried, row.trouble) == (began, began + FRESH_SILENCE, "The fake site does not answer.")
    made.site.reachable = True
    made.clock.pass_(FRESH_SILENCE)
    assert desk.ask("alpha").silent is None


def test_who_comes_while_it_is_asked_waits_for_that_answer(made: Bench) -> None:
    desk, asked, answer = made.desk(), Event(), Event()
    report, both, rows = desk.probe(desk.link("alpha"), []), Barrier(3), []

    def slowly(_digests: list[str]) -> SiteReport:
        assert not asked.is_set(), "it is asked twice"
        asked.set()
        answer.wait(60)
        return report

    def want() -> None:
        both.wait(60)
        rows.append(desk.scout.tidings.of(made.journal, "alpha", slowly, made.clock.now()))

    threads = [Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    both.wait(60)
    asked.wait(60)
    answer.set()
    for thread in threads:
        thread.join(60)
    assert [understood(row) for row in rows] == [report] * 2


def test_any_answer_is_a_contact(made: Bench) -> None:
    made.create()
    made.until(JobState.CALIBRATING)
    made.clock.pass_(FRESH)
    advance(made.desk(), "job1")
    row = made.journal.sites.all()["alpha"]
    assert (row.heard, row.report_json) == (made.clock.now(), None)
    made.desk().ask("alpha")
    assert made.journal.sites.all()["alpha"].report_json is not None, "it is asked how it is all the same"
