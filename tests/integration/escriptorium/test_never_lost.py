"""Whatever dies, and whenever: every training goes on, and the pages say what is true."""

from collections.abc import Callable

import psutil
import pytest

from support.cli import descendants, end
from support.escriptorium_server import HOOKED_BY_SETTINGS, Standin
from support.escriptorium_wish import Wish
from support.redis_server import flush

Start = Callable[..., Standin]


def driver_of(pid: int) -> psutil.Process | None:
    """Finds the process that drives trainings."""
    for each in descendants(pid):
        words = each.cmdline() if each.is_running() else []
        if "armarius.client.escriptorium.life.process" in words:
            return each
    return None


@pytest.mark.parametrize("when", ["asked", "trains", "after an epoch", "ended"])
def test_a_worker_that_is_killed(start: Start, when: str) -> None:
    """Its power fails; then Redis forgets everything, too, and it starts again."""
    there = start(hooked=True)
    wish = Wish(there)
    if when != "asked":
        with there.worker(HOOKED_BY_SETTINGS) as worker:
            wish.until_it_trains()
            if when != "trains":
                there.allow("epoch-1")
                there.until(lambda: "training:eval" in there.events(wish.model), "an epoch")
            if when == "ended":
                there.allow("epoch-2", "finish")
                there.until(lambda: "training:done" in there.events(wish.model), "the end")
            worker.kill()
    flush(there.redis)
    there.allow("epoch-1", "epoch-2", "finish")
    there.expedite()
    with there.worker(HOOKED_BY_SETTINGS):
        there.until_closed(wish.training)
    assert wish.states() == {3}
    model = wish.shown()
    assert (there.media / model["file"]).read_bytes() == b"best mlmodel"
    assert (model["training"], len(model["versions"])) == (False, 2)
    assert there.events(wish.model).count("training:start") == 1


def test_the_driving_process_alone_is_killed(start: Start) -> None:
    there = start()
    wish = Wish(there)
    with there.worker() as worker:
        wish.until_it_trains()
        driver = driver_of(worker.process.pid)
        assert driver is not None
        family = driver.children(recursive=True)
        driver.kill()
        for member in family:
            end(member)
        there.allow("epoch-1", "epoch-2", "finish")
        there.until_ended(wish.task_id, 3)
        assert driver_of(worker.process.pid) != driver


def test_a_redeployment(start: Start) -> None:
    """The worker is stopped in good order and started again; a clean-up ran meanwhile."""
    there = start()
    wish = Wish(there)
    with there.worker():
        wish.until_it_trains()
    assert not any(
        "escriptorium.life.process" in " ".join(each.cmdline()) for each in descendants(psutil.Process().pid)
    )
    there.do("set_reports", task_id=wish.task_id, workflow_state=2)
    there.do("set_flags", training=False)
    with there.worker():
        there.until(lambda: wish.states() == {1} and wish.shown()["training"], "what is true")
        there.allow("epoch-1", "epoch-2", "finish")
        there.until_ended(wish.task_id, 3)


def test_cancelled_while_nobody_drives(start: Start) -> None:
    there = start()
    wish = Wish(there)
    with there.worker() as worker:
        wish.until_it_trains()
        worker.kill()
    wish.cancel("tasks")
    with there.worker():
        there.until_closed(wish.training)
    assert wish.states() == {4}
    assert not wish.shown()["training"]


def test_two_workers_do_nothing_twice(start: Start) -> None:
    there = start()
    wishes = [Wish(there) for _ in range(2)]
    with there.worker(), there.worker():
        there.until(lambda: there.starts() == 2, "two engines")
        there.allow("epoch-1", "epoch-2", "finish")
        for wish in wishes:
            there.until_ended(wish.task_id, 3)
            there.until_closed(wish.training)
    for wish in wishes:
        assert there.events(wish.model).count("training:eval") == 2
        assert len(wish.shown()["versions"]) == 2
