"""What is cancelled is not written, whenever that comes; the others are."""

from concurrent.futures import Executor, Future
from typing import Any

import pytest

from armarius.client.escriptorium.life.beginning import IMAGES
from armarius.client.escriptorium.life.clerk import Clerk
from armarius.client.escriptorium.pressing import settling
from armarius.client.escriptorium.pressing.starting import folder_of
from armarius.client.escriptorium.record import Phase
from armarius.functions.contracts import Outcome, Reason
from support.escriptorium_pages import PageLife


def cancel(life: PageLife, asked: Any) -> None:
    """eScriptorium's own button, but for the broker."""
    life.here.reports.filter(task_id=asked.task_id).update(workflow_state=4)


def test_cancelled_before_it_begins(life: PageLife) -> None:
    first, second = life.press([life.here.part(number) for number in (1, 2)])
    cancel(life, first)
    life.until_read(second)
    assert (life.pressed(first).phase, life.pressed(first).job) == (Phase.ENDED, "")
    assert len(life.page_job(second).events) > 0


@pytest.mark.parametrize("how", ["button", "revoked"])
def test_a_cancelled_page_is_not_written_and_the_others_are(life: PageLife, how: str) -> None:
    pages = [life.here.part(number, ()) for number in (1, 2)]
    first, second = life.press(pages)
    run = life.until_read(first)
    if how == "button":
        cancel(life, first)
    else:
        life.office.ledger.pressed.cancel(first.task_id)
    life.step()
    assert life.again(pages[0]).workflow_state == 2
    assert not life.page_job(second).cancel  # the job goes on for the others
    life.finish_pages(second, run, gpu_seconds=120)
    life.until_written(first, second)
    assert [page.lines.count() for page in pages] == [0, 4]
    assert [life.reports(each)[0].workflow_state for each in (first, second)] == [4, 3]
    assert [life.reports(each)[0].gpu_cost for each in (first, second)] == [2.0, 2.0]


def test_when_all_are_cancelled_so_is_the_job(life: PageLife) -> None:
    asked = life.press([life.here.part(number, ()) for number in (1, 2)])
    run = life.until_read(asked[0])
    for each in asked:
        cancel(life, each)
    life.step(2)
    assert life.page_job(asked[0]).cancel
    life.made.site.end(run, Outcome.CANCELLED, pages=())
    life.until_written(*asked)
    assert {life.pressed(each).outcome for each in asked} == {"cancelled"}
    assert life.notified() == []


def test_what_was_computed_for_nothing_is_counted_once(life: PageLife) -> None:
    first, second = life.press([life.here.part(number, ()) for number in (1, 2)])
    run = life.until_read(first)
    cancel(life, first)
    life.step()
    life.finish_pages(second, run, only=[], outcome=Outcome.FAILED, reason=Reason.BAD_MODEL, gpu_seconds=60)
    life.until_written(first, second)
    assert sum(report.gpu_cost or 0 for each in (first, second) for report in life.reports(each)) == 2.0


def test_a_page_can_be_pressed_for_again_at_once(life: PageLife) -> None:
    page = life.here.part(1, ())
    (first,) = life.press([page])
    life.until_read(first)
    cancel(life, first)
    life.step()
    (second,) = life.press([page])
    run = life.until_read(second)
    life.finish_pages(second, run)
    life.until_written(second)
    assert page.lines.count() == 4


def test_cancelled_while_it_is_written(life: PageLife, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [life.here.part(number, ()) for number in (1, 2)]
    first, second = life.press(pages)
    real = settling.write_lines

    def slow(*args: Any) -> bool:
        cancel(life, second)
        return real(*args)

    monkeypatch.setattr(settling, "write_lines", slow)
    life.do([first, second])
    assert [page.lines.count() for page in pages] == [4, 0]
    assert [life.reports(each)[0].workflow_state for each in (first, second)] == [3, 4]


def test_a_task_of_several_pages_is_asked_before_each(life: PageLife, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [life.here.part(number, ()) for number in (1, 2)]
    (asked,) = life.press(pages, each=2)
    real = settling.write_lines

    def slow(*args: Any) -> bool:
        cancel(life, asked)
        return real(*args)

    monkeypatch.setattr(settling, "write_lines", slow)
    life.do([asked], gpu_seconds=60)
    assert [page.lines.count() for page in pages] == [4, 0]
    assert life.pressed(asked).outcome == "cancelled"
    assert [report.gpu_cost for report in life.reports(asked)] == [1.0, 1.0]


class Held(Executor):
    """Begins things, and does them when it is told to."""

    def __init__(self) -> None:
        self.begun: list[tuple[Future[Any], Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        self.begun.append((future, lambda: fn(*args, **kwargs)))
        return future


def test_cancelled_while_it_is_packed_no_image_stays_linked(life: PageLife) -> None:
    held = Held()
    life.clerk = Clerk(life.office, held)
    (asked,) = life.press([life.here.part(1)])
    life.made.clock.pass_(5)
    life.step(2)
    ((future, pack),) = held.begun
    cancel(life, asked)
    life.step(2)
    assert life.pressed(asked).phase is Phase.GATHERING
    future.set_result(pack())
    images = folder_of(life.office, life.pressed(asked).job) / IMAGES
    assert list(images.iterdir())
    life.step()
    assert life.pressed(asked).phase is Phase.ENDED
    assert not images.exists()
