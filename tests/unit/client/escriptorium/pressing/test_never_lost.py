"""Whatever dies, every page is written once and told."""

from concurrent.futures import Future
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError

from armarius.client.escriptorium.host import events, pagereports, parts, reports
from armarius.client.escriptorium.host.reports import State
from armarius.client.escriptorium.life import clerk as life_clerk
from armarius.client.escriptorium.life.clerk import Clerk
from armarius.client.escriptorium.pressing import clerk, packing, settling, telling
from armarius.client.escriptorium.pressing.home import Home
from armarius.client.escriptorium.record import Phase
from armarius.client.pool import Pool
from armarius.client.testing import Crash
from armarius.functions.contracts import PageFault
from support.escriptorium import AtOnce
from support.escriptorium_pages import TEXTS, PageLife


def begin_again(life: PageLife) -> None:
    """The process died; another one takes over."""
    life.clerk = Clerk(life.office, AtOnce())


def once_dying(real: Any, died: BaseException, *, after: bool) -> Any:
    deaths = [died]

    def dying(*args: Any, **kwargs: Any) -> Any:
        done = real(*args, **kwargs) if after else None
        if deaths:
            raise deaths.pop()
        return done if after else real(*args, **kwargs)

    return dying, deaths


def survive(life: PageLife, asked: list[Any]) -> None:
    """Lets everything happen, whatever dies, until the ends are told."""
    finished = False
    for _ in range(40):
        try:
            life.step()
        except Crash:
            begin_again(life)
        except DatabaseError:  # its process says so, and looks again a second later
            pass
        life.made.clock.pass_(1)
        job = life.pressed(asked[0]).job
        known = life.office.pool.desk.journal.glance.jobs([job]) if job else {}
        if not finished and job in known and known[job].state.computing and known[job].run is not None:
            life.finish_pages(asked[0], known[job].run.id, gpu_seconds=60)
            finished = True
        if {life.pressed(each).phase for each in asked} == {Phase.ENDED}:
            return
    raise AssertionError([(life.pressed(each).phase, life.pressed(each).outcome) for each in asked])


PLACES = [
    ("segment", parts, "set_state", False),
    ("segment", packing, "read_image", False),
    ("segment", Pool, "pages_packed", False),
    ("transcribe", Pool, "pages_packed", True),
    ("segment", pagereports, "refer", False),
    ("transcribe", reports, "say", True),
    ("segment", settling, "write_lines", False),
    ("segment", settling, "write_lines", True),
    ("transcribe", settling, "write_texts", False),
    ("transcribe", settling, "write_texts", True),
    ("transcribe", settling, "sum_up", False),
    ("segment", pagereports, "end_page", False),
    ("transcribe", pagereports, "end_page", True),
    ("segment", events, "page", False),
    ("transcribe", events, "task_over", False),
    ("segment", telling, "well_done", False),
    ("transcribe", telling, "well_done", True),
    ("segment", settling, "clean_up", False),
]
KILLED = [(*place, Crash) for place in PLACES]
AWAY = [
    (*place, DatabaseError) for place in PLACES if place[2] in ("set_state", "write_lines", "write_texts", "end_page")
]


@pytest.mark.parametrize(
    ("task", "where", "what", "after", "died"),
    [*KILLED, *AWAY],
    ids=[f"{each[4].__name__}-{'after' if each[3] else 'before'}-{each[2]}" for each in (*KILLED, *AWAY)],
)
def test_dying_anywhere_costs_nothing(
    life: PageLife, task: str, where: Any, what: str, after: bool, died: type[BaseException]
) -> None:
    """Before or after each of the things that are done, once."""
    pages = [life.here.part(number) for number in (1, 2)]
    dying, deaths = once_dying(getattr(where, what), died(), after=after)
    with patch.object(where, what, dying):
        arguments = {"model_pk": life.reader().pk, "transcription_pk": life.here.transcription.pk}
        asked = life.press(pages, task, **(arguments if task == "transcribe" else {}))
        survive(life, asked)
    assert not deaths
    for page, each in zip(pages, asked, strict=True):
        (report,) = life.reports(each)
        assert (report.workflow_state, report.gpu_cost) == (3, 1.0)
        assert report.messages.count("and written") == 1
        assert life.part_events()[-1][3]
        told = [(status, late) for pk, _, status, late in life.part_events() if pk == page.pk]
        assert set(told) == {("done", False), ("done", True)}
        if task == "segment":
            assert (page.lines.count(), page.blocks.count(), life.again(page).workflow_state) == (6, 4, 6)
        else:
            texts = life.here.models.LineTranscription.objects.filter(line__document_part=page).order_by("line__order")
            assert tuple(text.content for text in texts) == TEXTS
            assert [len(text.versions) for text in texts] == [1, 1]
            assert life.again(page).workflow_state == 7
    assert {level for level, _ in life.notified()} == {"success"}
    assert len(life.made.site.runs) == 1


def test_a_page_that_changed_after_it_was_written_is_not_written_again(life: PageLife) -> None:
    """Somebody corrects a text in the moment in which the process is dead."""
    page = life.here.part(1)
    (asked,) = life.press([page], "transcribe", model_pk=life.reader().pk, transcription_pk=life.here.transcription.pk)
    dying, deaths = once_dying(settling.write_texts, Crash("killed"), after=True)
    with patch.object(settling, "write_texts", dying):
        life.finish_pages(asked, life.until_read(asked))
        with pytest.raises(Crash):
            life.step(6)
    assert not deaths
    text = life.here.models.LineTranscription.objects.filter(line__document_part=page).order_by("line__order").first()
    text.new_version()
    text.content = "corrected"
    text.save()
    begin_again(life)
    life.until_written(asked)
    text.refresh_from_db()
    assert (text.content, len(text.versions)) == ("corrected", 2)


def test_a_page_that_can_never_be_written_does_not_keep_the_others(
    life: PageLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [life.here.part(number, ()) for number in (1, 2)]
    model = life.here.models.DocumentPart
    real = model.recalculate_ordering

    def broken(part: Any, **given: Any) -> None:
        if part.pk == pages[0].pk:
            raise ZeroDivisionError
        real(part, **given)

    monkeypatch.setattr(model, "recalculate_ordering", broken)
    asked = life.press(pages)
    life.do(asked)
    assert [page.lines.count() for page in pages] == [0, 4]  # all of a page or nothing
    assert "could not be written" in life.story(asked[0])


def test_reports_that_a_killed_worker_left_aside_come_back(life: PageLife) -> None:
    (asked,) = life.press([life.here.part(1)])
    reports.step_aside(asked.task_id)
    life.until_read(asked)
    life.made.clock.pass_(31)
    life.step()
    assert {report.workflow_state for report in life.reports(asked)} == {1}


def test_a_clean_up_that_took_it_for_a_ghost_is_mended(life: PageLife) -> None:
    (asked,) = life.press([life.here.part(1)])
    life.until_read(asked)
    life.here.reports.filter(task_id=asked.task_id).update(workflow_state=2)
    life.step()
    assert {report.workflow_state for report in life.reports(asked)} == {1}


def test_a_journal_that_lost_a_job_is_told(life: PageLife, monkeypatch: pytest.MonkeyPatch) -> None:
    (asked,) = life.press([life.here.part(1)])
    life.until_read(asked)
    monkeypatch.setattr(life.office.pool.desk.journal.glance, "jobs", lambda ids: {})
    life.clerk.look()
    life.clerk.look()
    assert life.pressed(asked).phase is Phase.ENDED
    assert clerk.UNKNOWN in life.story(asked)


def test_a_blank_page_is_cleared_once(life: PageLife) -> None:
    """It has no mark but its report; somebody draws a line in the moment in which the process is dead."""
    page = life.here.part(1)
    (asked,) = life.press([page], override=True)
    life.finish_pages(asked, life.until_read(asked), faults={page.pk: PageFault.NO_LINES})
    dying, deaths = once_dying(pagereports.end_page, Crash("killed"), after=True)
    with patch.object(pagereports, "end_page", dying), pytest.raises(Crash):
        life.step(6)
    assert not deaths
    life.here.line(page, "drawn", 90)
    begin_again(life)
    life.until_written(asked)
    assert page.lines.count() == 1
    assert life.notified() == [("success", "Segmentation done!")]


@pytest.mark.parametrize(
    ("died", "seconds", "patient"),
    [
        (IntegrityError, clerk.STUCK_SECONDS, False),
        (OSError, clerk.STUCK_SECONDS, True),
        (OSError, clerk.LASTING_SECONDS, False),
        (DatabaseError, clerk.LASTING_SECONDS, True),
    ],
)
def test_what_fails_again_and_again_ends(
    life: PageLife, monkeypatch: pytest.MonkeyPatch, died: type[Exception], seconds: float, patient: bool
) -> None:
    def broken(*_: Any) -> None:
        raise died("again")

    monkeypatch.setattr(settling, "write_lines", broken)
    (asked,) = life.press([life.here.part(1, ())])
    life.finish_pages(asked, life.until_read(asked))
    for _ in range(12):
        life.step()
        life.made.clock.pass_(seconds / 3)
    life.step(2)
    assert (life.pressed(asked).phase is Phase.WRITING) == patient
    assert (clerk.OUT_OF_ORDER in life.story(asked)) != patient


# Two processes -------------------------------------------------------------------------------------------------------


def rows_of(life: PageLife, *asked: Any) -> tuple[Any, ...]:
    return tuple(life.pressed(each) for each in asked)


@pytest.mark.parametrize("late", [False, True])
def test_a_process_that_comes_too_late_changes_nothing(
    life: PageLife, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Another one has taken over, written all, and cleaned up."""
    page = life.here.part(1, ())
    (asked,) = life.press([page])
    run = life.until_read(asked)
    before = rows_of(life, asked)
    life.finish_pages(asked, run)
    life.until_written(asked)
    if late:  # it had looked already
        monkeypatch.setattr(settling, "_is_wanted", lambda *_: True)
        monkeypatch.setattr(pagereports, "end_of", iter_of(None, State.DONE))
    settling.settle(life.office, before, Home.of(life.office.pool.desk.journal, life.page_job(asked)))
    assert life.again(page).workflow_state == 6
    assert life.reports(asked)[0].workflow_state == 3
    assert "danger" not in {level for level, _ in life.notified()}
    assert life.pressed(asked).outcome == "done"


def iter_of(*answers: Any) -> Any:
    rest = list(answers)
    return lambda *_: rest.pop(0)


def test_the_turn_is_given_back_when_nothing_is_written_any_more(
    life: PageLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, seen = Future[None](), list[str]()
    writing.set_running_or_notify_cancel()
    monkeypatch.setattr(life.clerk._pages, "_writing", {"job": writing})
    monkeypatch.setattr(life_clerk, "TURN_SECONDS", 0.01)

    def renewed(*_: Any) -> bool:
        seen.append("renewed")
        writing.set_result(None)
        return True

    monkeypatch.setattr(life.office.ledger, "take_turn", renewed)
    monkeypatch.setattr(life.office.ledger, "give_turn_back", lambda _: seen.append("given back"))
    life.clerk.leave()
    assert seen == ["renewed", "given back"]
