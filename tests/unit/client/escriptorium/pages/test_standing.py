"""How a training stands, and when it should end, in words."""

from typing import Any

import pytest

from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.pages.expected import expected_end
from armarius.client.escriptorium.pages.standing import Standing, begun, job_standing, standing_of
from armarius.client.escriptorium.record import Phase, TrainingRow
from armarius.client.jobs.placing import NO_SITE
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal import EventRow, JobRow
from armarius.functions.contracts import PageParameters, Progress
from armarius.functions.contracts import Phase as Doing
from support.escriptorium import load
from support.jobs import job, request, run, train_report


@pytest.fixture(autouse=True)
def loaded() -> None:
    """Words are translated by Django."""
    load()


def row(phase: Phase = Phase.RUNNING, **fields: Any) -> TrainingRow:
    return TrainingRow(**{"phase_name": phase.value, "holds": True, "cancelled": False, "outcome": "", **fields})


def made(state: JobState, *, position: int = 0, report: Any = None, cancel: bool = False) -> JobRow:
    found = job([run(report=report, position=position)], state=state)
    found.cancel = cancel
    return found


@pytest.mark.parametrize(
    ("training", "its_job", "word"),
    [
        (row(Phase.ASKED), None, "Asked for"),
        (row(Phase.GATHERING), None, "Packing pages"),
        (row(Phase.GATHERING, cancelled=True), None, "Being cancelled"),
        (row(), made(JobState.WAITING), "Waiting for a site"),
        (row(), made(JobState.PACKED), "Packed"),
        (row(), made(JobState.PLACED), "About to be sent"),
        (row(), made(JobState.STAGING), "Sending pages"),
        (row(), made(JobState.CALIBRATING), "In the queue"),
        (row(), made(JobState.CALIBRATING, position=9), "Training"),
        (row(), made(JobState.TRAINING), "In the queue"),
        (row(), made(JobState.TRAINING, position=9), "Training"),
        (row(), made(JobState.EVALUATING, position=9), "Evaluating"),
        (row(), made(JobState.TRAINING, position=9, cancel=True), "Being cancelled"),
        (row(holds=False, cancelled=True), made(JobState.TRAINING, position=9), "Being cancelled"),
        (row(), made(JobState.RETURNING), "Coming home"),
        (row(), made(JobState.DONE), "Coming home"),
        (row(), made(JobState.FAILED), "Ending"),
    ],
)
def test_what_goes_on_has_a_word(training: TrainingRow, its_job: JobRow | None, word: str) -> None:
    standing = standing_of(training, its_job)
    assert (standing.word, standing.ended) == (word, False)
    assert standing.said


@pytest.mark.parametrize(
    ("state", "position", "word", "said"),
    [
        (JobState.SEGMENTING, 0, "In the queue", "local has it: it begins as soon as a machine is free."),
        (JobState.SEGMENTING, 9, "Segmenting", "Its pages are done on local."),
        (JobState.TRANSCRIBING, 9, "Transcribing", "Its pages are done on local."),
        (JobState.RETURNING, 9, "Coming home", "All pages are done and on their way."),
        (JobState.DONE, 9, "Coming home", "The pages are being written."),
        (JobState.FAILED, 9, "Ending", "It has ended without pages."),
    ],
)
def test_work_on_pages_has_words_of_its_own(state: JobState, position: int, word: str, said: str) -> None:
    wish = request().model_copy(update={"kind": JobKind.SEGMENT, "pages": PageParameters()})
    standing = job_standing(job([run(position=position)], state=state, wish=wish))
    assert (standing.word, standing.said) == (word, said)


def test_the_true_reason_of_waiting_is_said() -> None:
    held = made(JobState.WAITING)
    held.events.append(EventRow(at=1, state_name="waiting", message=f"{NO_SITE}: alpha is drained."))
    assert standing_of(row(), held).said == "No site can take it now: it begins by itself."
    used_up = "The 20 GPU hours of ben for this week are used up. It goes on on Monday, 2026-11-30 00:00 UTC."
    held.events.append(EventRow(at=2, state_name="waiting", message=used_up))
    assert standing_of(row(), held) == Standing("Waiting", used_up, "waiting")


@pytest.mark.parametrize(
    ("outcome", "its_job", "word"),
    [
        (words.CANCELLED, None, "Cancelled"),
        (words.CANCELLED, made(JobState.CANCELLED), "Cancelled"),
        (words.failed("x", "No page can be used.", ""), None, "Failed"),
        (words.failed("x", "A page holds nothing.", ""), made(JobState.FAILED), "Failed"),
        (words.failed("x", "No such weights.", ""), made(JobState.DONE, report=train_report()), "Failed"),
        ("Training finished!", made(JobState.DONE, report=train_report()), "Done"),
        (words.NOT_BETTER, made(JobState.DONE, report=train_report(improved=False)), "No better"),
    ],
)
def test_an_end_has_a_word(outcome: str, its_job: JobRow | None, word: str) -> None:
    standing = standing_of(row(Phase.ENDED, outcome=outcome), its_job)
    assert (standing.word, standing.ended) == (word, True)


def test_what_is_sent_is_counted() -> None:
    assert (
        "3.0 MB of 12.0 MB have been sent to"
        in standing_of(row(), made(JobState.STAGING), (3_000_000, 12_000_000)).said
    )


def line(**fields: Any) -> Progress:
    return Progress(at=1000, phase=Doing.TRAINING, **fields)


def test_an_end_is_expected_between_two_moments() -> None:
    expected = expected_end(made(JobState.TRAINING, position=9), line(seconds_left=3600, seconds_left_least=600))
    assert expected is not None
    assert (expected.earliest, expected.latest, expected.sharp) == (1600, 4600, False)


def test_or_at_one() -> None:
    expected = expected_end(made(JobState.TRAINING, position=9), line(seconds_left=3600))
    assert expected is not None
    assert (expected.latest, expected.sharp) == (4600, True)


def test_nothing_is_expected_of_what_was_not_measured_or_waits() -> None:
    assert expected_end(made(JobState.TRAINING, position=9), line()) is None
    assert expected_end(made(JobState.TRAINING, position=9), None) is None
    assert expected_end(made(JobState.TRAINING), line(seconds_left=60)) is None
    assert not begun(None)
