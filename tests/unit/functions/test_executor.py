"""Which tasks still need a job. Parsl itself is not started."""

from pathlib import Path
from typing import Any

import pytest
from parsl.executors.high_throughput.executor import HTEXFuture

from armarius.functions.executor import LOOK_SECONDS, NotWanted, RunExecutor, _Tasks, run_in
from armarius.functions.registered.control import cancel
from armarius.functions.site import Site

PACKED = (
    b'\x01{"message_type":"task","data":{"task_id":"a62c","container":null,'
    b'"task_buffer":"9\\n01\\ngASVFA==\\n37\\n11\\n[{\\"run_id\\": \\"abc-1\\", \\"task\\": \\"train\\"}]5\\n11\\n{}"}}'
)
"""As Globus Compute 4.19 packs a task with JSON in it."""


class Submitted(RunExecutor):
    """Takes tasks, and sends them nowhere."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._tasks = _Tasks()
        self._runs = {}
        self._let_go = set()
        self._provider = None

    def put(self, run: str) -> Any:
        future = HTEXFuture(len(self._tasks) + 1)
        self._tasks[future.parsl_executor_task_id] = future
        return self._noted(future, run)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def executor(site: Site) -> Submitted:
    return Submitted(site)


def test_the_run_of_a_task_is_found_in_it() -> None:
    assert run_in(PACKED) == "abc-1"


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x01[]", b'\x01{"data": {}}', b'\x01{"data": {"task_buffer": 7}}'])
def test_a_task_of_another_form_has_none(packed: bytes) -> None:
    assert run_in(packed) is None


def test_tasks_count_until_they_end(executor: Submitted) -> None:
    first, second = executor.put("a-1"), executor.put("b-1")
    assert executor.outstanding() == 2
    executor.tasks.pop(first.parsl_executor_task_id).set_result("ended")
    assert executor.outstanding() == 1
    assert not second.done()


def test_a_run_that_was_cancelled_before_it_began_needs_no_job(executor: Submitted, site: Site) -> None:
    first, second = executor.put("a-1"), executor.put("b-1")
    cancel({"runs": ["a-1"]}, site)
    assert executor.outstanding() == 1
    assert isinstance(first.exception(), NotWanted)
    assert not second.done()


def test_what_a_worker_says_later_of_such_a_run_goes_nowhere(executor: Submitted, site: Site) -> None:
    first = executor.put("a-1")
    cancel({"runs": ["a-1"]}, site)
    assert executor.outstanding() == 0
    late = executor.tasks.pop(first.parsl_executor_task_id)
    late.set_result("cancelled")
    assert isinstance(first.exception(), NotWanted)
    assert executor.outstanding() == 0


def test_a_run_that_has_begun_keeps_its_job_until_it_ends(executor: Submitted, site: Site) -> None:
    """Else another run's job would be taken for the one too many."""
    future = executor.put("a-1")
    run = site.run("a-1")
    run.acquire()
    run.beat()
    cancel({"runs": ["a-1"]}, site)
    assert executor.outstanding() == 1
    assert not future.done()


def test_a_name_that_is_no_runs_leads_nowhere(executor: Submitted, tmp_path: Path) -> None:
    (tmp_path / "CANCEL").touch()
    executor.put("..")
    assert executor.outstanding() == 1


def test_parsl_looks_often_enough_for_a_dead_job_to_be_replaced_soon(executor: Submitted) -> None:
    class Provider:
        status_polling_interval = 60

    executor._provider = Provider()
    assert executor.status_polling_interval == LOOK_SECONDS
    executor._provider.status_polling_interval = 5
    assert executor.status_polling_interval == 5
