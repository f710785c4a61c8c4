import pytest

from cloud.config import Limits
from cloud.errors import ApiError
from cloud.store import Store
from cloud.tasks import Outcome, Task, Tasks


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
def tasks(store: Store, limits: Limits) -> Tasks:
    return Tasks(store, limits)


@pytest.fixture
def task(tasks: Tasks) -> Task:
    group = tasks.ensure_group(None, "carol", queue=False)
    found = tasks.find(tasks.add(group, "endpoint", "user-endpoint", "function", "carol"))
    assert found is not None
    return found


def test_first_outcome_counts(tasks: Tasks, task: Task) -> None:
    assert tasks.tell(task.id, "carol") == {"task_id": task.id, "status": "waiting-for-ep"}
    assert tasks.finish(task, Outcome("1", None, {"python": "3"}))
    assert not tasks.finish(task, Outcome(None, "failed", None))
    told = tasks.tell(task.id, "carol")
    assert (told["status"], told["result"], told["details"]) == ("success", "1", {"python": "3"})
    assert "exception" not in told


def test_failure(tasks: Tasks, task: Task) -> None:
    tasks.finish(task, Outcome(None, "", None))
    told = tasks.tell(task.id, "carol")
    assert (told["status"], told["exception"], "result" in told) == ("failed", "", False)


def test_others_see_nothing(tasks: Tasks, task: Task) -> None:
    assert tasks.tell_many([task.id], "mallory") == {}
    with pytest.raises(ApiError, match="TASK_NOT_FOUND"):
        tasks.tell(task.id, "mallory")
    with pytest.raises(ApiError, match="TASK_GROUP_ACCESS_FORBIDDEN"):
        tasks.ensure_group(task.group, "mallory", queue=True)
    with pytest.raises(ApiError, match="TASK_GROUP_NOT_FOUND"):
        tasks.tell_group(task.group, "mallory")


def test_results_expire(tasks: Tasks, task: Task, limits: Limits) -> None:
    tasks.finish(task, Outcome("1", None, None))
    limits.result_life = 0.0
    assert tasks.tell_many([task.id], "carol") == {}
    limits.expired_tasks_known = True
    told = tasks.tell(task.id, "carol")
    assert told["status"] == "success"
    assert "reason" in told and "result" not in told


def test_unfinished_tasks_do_not_expire(tasks: Tasks, task: Task, limits: Limits) -> None:
    limits.result_life = 0.0
    assert tasks.waiting_for("user-endpoint") == [task]
    assert list(tasks.tell_many([task.id], "carol")) == [task.id]


def test_queue_is_asked_for_once_and_stays(tasks: Tasks, task: Task) -> None:
    assert not tasks.has_queue(task.group)
    tasks.ensure_group(task.group, "carol", queue=True)
    tasks.ensure_group(task.group, "carol", queue=False)
    assert tasks.has_queue(task.group)
    assert [entry["id"] for entry in tasks.tell_group(task.group, "carol")["tasks"]] == [task.id]
