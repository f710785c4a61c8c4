import threading

import pytest

from armarius.functions import allocation
from armarius.functions.allocation import Allocation
from armarius.functions.contracts import Reason
from armarius.functions.slurm import JobView
from support.cli import until

JOB = {"SLURM_JOB_ID": "7"}


class Controller:
    """Answers as the test says, and counts."""

    def __init__(self, *views: JobView | None) -> None:
        self.views = list(views)
        self.asked: list[str] = []

    def __call__(self, job: str) -> JobView | None:
        self.asked.append(job)
        return self.views.pop(0) if len(self.views) > 1 else self.views[0]


def test_outside_of_slurm_nobody_is_asked_and_there_is_no_end() -> None:
    controller = Controller(JobView("RUNNING", 5.0))
    with Allocation({"SLURM_JOB_END_TIME": "99"}, controller) as mine:
        mine.first_answer(60)
        assert (mine.end, mine.wanted_back, controller.asked) == (None, None, [])


def test_what_slurm_promised_counts_until_it_is_heard() -> None:
    answer = threading.Event()

    def slow(_job: str) -> JobView:
        answer.wait(60)
        return JobView("RUNNING", 200.0)

    with Allocation({**JOB, "SLURM_JOB_END_TIME": "100"}, slow) as mine:
        assert mine.end == 100.0
        answer.set()
        mine.first_answer(60)
        assert mine.end == 200.0


def test_an_end_that_an_operator_moves_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller(JobView("RUNNING", 100.0), JobView("RUNNING", 50.0), None)
    monkeypatch.setattr(allocation, "ASK_SECONDS", 0.01)
    with Allocation(JOB, controller) as mine:
        until(lambda: mine.end == 50.0, "the new end")
        until(lambda: len(controller.asked) > 3, "a question that nobody answers")
        assert mine.end == 50.0
    assert set(controller.asked) == {"7"}


def test_preemption_with_grace_shows_in_what_slurm_says() -> None:
    with Allocation(JOB, Controller(JobView("RUNNING", 100.0, preempted=True))) as mine:
        mine.first_answer(60)
        assert (mine.end, mine.wanted_back) == (100.0, Reason.PREEMPTED)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("NODE_FAIL", Reason.NODE_LOST),
        ("CANCELLED", Reason.JOB_CANCELLED),
        ("TIMEOUT", Reason.WALLTIME),
        ("PREEMPTED", Reason.PREEMPTED),
        ("RUNNING", None),
        ("COMPLETING", None),
    ],
)
def test_a_job_that_slurm_takes_for_over_is_to_end_and_its_end_says_nothing_any_more(
    state: str, reason: Reason | None
) -> None:
    with Allocation(JOB, Controller(JobView(state, 100.0))) as mine:
        mine.first_answer(60)
        assert (mine.end, mine.wanted_back) == (None if reason else 100.0, reason)


def why(*views: JobView | None, now: float = 0.0) -> Reason:
    with Allocation(JOB, Controller(*views)) as mine:
        mine.first_answer(60)
        return mine.why_told_to_end(now, 60)


def test_why_a_job_was_told_to_end() -> None:
    running = JobView("RUNNING", 1000.0)
    assert why(running, JobView("RUNNING", 1000.0, preempted=True)) is Reason.PREEMPTED
    assert why(running, JobView("CANCELLED", 1000.0)) is Reason.JOB_CANCELLED
    assert why(running, now=960.0) is Reason.WALLTIME
    assert why(running) is Reason.STOPPED
    assert why(None) is Reason.STOPPED
