"""Trainings from the button to the model, through real workers."""

from collections.abc import Callable

import pytest

from support.escriptorium_server import HOOKED_BY_SETTINGS, WORKER, Standin
from support.escriptorium_wish import Wish

Start = Callable[..., Standin]


@pytest.mark.parametrize("pool", ["prefork", "threads"])
@pytest.mark.parametrize("task", ["train", "segtrain"])
def test_from_the_button_to_the_model(start: Start, pool: str, task: str) -> None:
    there = start()
    wish = Wish(there, task, pages=3)
    with there.worker(pool=pool):
        wish.until_it_trains()
        assert wish.states() == {1}
        assert wish.shown()["training"]
        there.allow("epoch-1")
        there.until(lambda: "training:eval" in there.events(wish.model), "an epoch")
        (newest,) = wish.shown()["versions"]
        assert (there.media / newest["data"]["file"]).read_bytes() == b"epoch 1"
        there.allow("epoch-2", "finish")
        first, *others = there.until_ended(wish.task_id, 3)
        there.until_closed(wish.training)
    model = wish.shown()
    assert (there.media / model["file"]).read_bytes() == b"best mlmodel"
    assert (model["training"], model["training_epoch"], len(model["versions"])) == (False, 2, 2)
    assert model["training_accuracy"] == pytest.approx(0.52)
    names = list(dict.fromkeys(there.events(wish.model)))
    assert names == ["training:start", "training:gathering", "training:eval", "training:done"]
    assert first["gpu_cost"] > 0
    assert [report["gpu_cost"] for report in others] == [None, None]
    assert "Epoch 2: accuracy 52.0 %" in first["messages"]
    assert there.notified()[-1]["level"] == "success"
    parts = [event for event in there.heard() if event.get("name") == "part:workflow"]
    assert [event["data"]["status"] for event in parts[-3:]] == ["done"] * 3
    assert [event["data"]["status"] for event in parts].count("done") == 3


def test_switched_on_by_the_settings(start: Start) -> None:
    there = start(hooked=True)
    wish = Wish(there)
    assert there.phase(wish.training) == "asked"  # written down before any worker knew of it
    with there.worker(HOOKED_BY_SETTINGS):
        there.allow("epoch-1", "epoch-2", "finish")
        there.until_ended(wish.task_id, 3)
    assert (there.media / wish.shown()["file"]).read_bytes() == b"best mlmodel"


def test_what_an_admin_is_told(start: Start) -> None:
    there = start()
    assert there.check()["workers"]["said"] == "no worker takes trainings"
    with there.worker():
        there.until(lambda: there.check().get("driver", {}).get("said") == "trainings are driven", "a driver")
        assert {name: found["mark"] for name, found in there.check().items() if found["mark"] != "ok"} == {}


def test_many_trainings_and_one_small_worker(start: Start) -> None:
    there = start()
    with there.worker(concurrency=1):
        wishes = [Wish(there) for _ in range(5)]
        there.until(lambda: all(there.events(wish.model) for wish in wishes), "five beginnings")
        assert [wish.states() for wish in wishes] == [{1}] * 5
        there.allow("epoch-1", "epoch-2", "finish")
        for wish in wishes:
            there.until_ended(wish.task_id, 3)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
@pytest.mark.parametrize("form", ["model", "document", "tasks"])
def test_cancelled_on_the_page(start: Start, pool: str, form: str) -> None:
    there = start()
    wish = Wish(there)
    with there.worker(pool=pool):
        wish.until_it_trains()
        wish.cancel(form)
        there.until_ended(wish.task_id, 4)
        there.until_closed(wish.training)
        again = wish.press()
        there.allow("epoch-1", "epoch-2", "finish")
        there.until_ended(again, 3)
    assert there.events(wish.model).count("training:done") == 2
    assert "training:error" not in there.events(wish.model)


def test_cancelled_in_the_queue(start: Start) -> None:
    there = start(hooked=True)
    wish = Wish(there)
    wish.cancel()
    with there.worker(HOOKED_BY_SETTINGS):
        there.until_closed(wish.training)
    assert wish.states() == {4}
    assert there.starts() == 0


def test_a_second_training_of_one_model_is_refused(start: Start) -> None:
    there = start()
    wish = Wish(there)
    with there.worker():
        wish.until_it_trains()
        second = wish.press()
        (refused, *_) = there.until_ended(second, 2)
        assert "being trained already" in refused["messages"]
        assert wish.states() == {1}
        there.allow("epoch-1", "epoch-2", "finish")
        there.until_ended(wish.task_id, 3)


def test_quotas_are_kept(start: Start) -> None:
    there = start(quotas=True)
    user = there.do("user", name="guigo", quota_gpu=0)
    document = there.document(user)
    model = there.do("model", owner=user, document=document["document"])
    asked = {"model_pk": model, "part_pks": document["parts"], "user_pk": user}
    with there.worker():
        task = there.do("press", task="train", transcription_pk=document["transcription"], **asked)
        (report, *_) = there.until_ended(task, 2)
    assert "GPU minutes of this week are used up" in report["messages"]
    assert there.starts() == 0


def test_a_failure_has_a_reason_and_a_next_step(start: Start) -> None:
    there = start()
    wish = Wish(there)
    with there.worker():
        wish.until_it_trains()
        there.allow("fail")
        (report, *_) = there.until_ended(wish.task_id, 2)
        there.until_closed(wish.training)
    assert "A page holds nothing. Correct the pages" in report["messages"]
    assert there.events(wish.model)[-2:] == ["training:error", "training:done"]
    assert not wish.shown()["training"]


def test_without_the_hook_nothing_changes(start: Start) -> None:
    there = start()
    wish = Wish(there)
    with there.worker(HOOKED_BY_SETTINGS):
        there.until_ended(wish.task_id, 3)
    assert wish.shown()["training_accuracy"] == 0.5


def test_who_is_kept_out_is_trained_by_escriptorium_itself(start: Start) -> None:
    there = start(chosen={"ONLY_GROUPS": ["pilots"]})
    wish = Wish(there)
    with there.worker(WORKER):
        there.until_ended(wish.task_id, 3)
    assert wish.shown()["training_accuracy"] == 0.5
    assert there.starts() == 0
