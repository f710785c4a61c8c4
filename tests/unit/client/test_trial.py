from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from armarius.client.errors import SiteRefused
from armarius.client.ports import TransferState, TransferView
from armarius.client.trial import LETTER, Trial
from armarius.functions.contracts import Outcome, Reason, RunState
from support.desk import Bench, bench


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as ready:
        yield ready


def trial(made: Bench, *, job: bool = True) -> list[tuple[str, bool, str]]:
    """Tries the fake site, on which a job ends as soon as somebody waits for it."""
    made.site.wait = lambda _seconds: made.clock.pass_(10)
    steps = Trial(made.desk(), "alpha", made.folder / "letters", patience=60).steps(job=job)
    return [(step.name, step.good, step.said) for step in steps]


def computes(made: Bench, reason: Reason, message: str = "") -> None:
    submit = made.site.submit

    def at_once(*arguments: object) -> str:
        reference = submit(*arguments)
        for run_id, run in made.site.runs.items():
            if run.state is RunState.UNKNOWN:
                made.site.end(run_id, Outcome.FAILED, reason, message=message, host="node07")
        return reference

    made.site.submit = at_once


def keeps_letters(made: Bench) -> None:
    made.staging.content[sha256(LETTER).hexdigest()] = LETTER


def test_all_is_well(made: Bench) -> None:
    keeps_letters(made)
    computes(made, Reason.MISSING_DATA)
    steps = trial(made)
    assert [(name, good) for name, good, _ in steps] == [
        ("answers", True), ("gets files", True), ("gives files", True), ("computes", True),
    ]  # fmt: skip
    assert "node07" in steps[-1][2]
    assert made.site.released == list(made.site.runs), "it leaves nothing behind"
    assert made.site.runs[made.site.released[0]].state is RunState.ENDED


def test_it_ends_with_the_first_thing_that_does_not_work(made: Bench) -> None:
    made.site.reachable = False
    assert trial(made) == [("answers", False, "The fake site does not answer.")]


def test_a_data_path_that_the_workers_do_not_see(made: Bench) -> None:
    made.staging.status = lambda _name: TransferView(TransferState.DONE)
    made.staging.instantly = False
    name, good, said = trial(made)[-1]
    assert (name, good) == ("gets files", False)
    assert "not the same directory" in said


def test_a_transfer_that_fails_says_why(made: Bench) -> None:
    made.staging.instantly = False
    send = made.staging.send

    def failing(*arguments: object) -> None:
        send(*arguments)
        made.staging.fail("The disk quota is used up.")

    made.staging.send = failing
    assert trial(made)[-1] == ("gets files", False, "The disk quota is used up.")


def test_a_queue_that_is_too_long(made: Bench) -> None:
    keeps_letters(made)
    name, good, said = trial(made)[-1]
    assert (name, good) == ("computes", False)
    assert "has not come through the queue" in said
    assert "--patience" in said


def test_a_job_that_fails_for_another_reason(made: Bench) -> None:
    keeps_letters(made)
    computes(made, Reason.ENGINE_MISSING, "No kraken.")
    assert "A job started, but failed: No kraken." in trial(made)[-1][2]


def test_without_a_job(made: Bench) -> None:
    keeps_letters(made)
    assert [name for name, _, _ in trial(made, job=False)] == ["answers", "gets files", "gives files"]
    assert not made.site.runs


def test_a_site_that_refuses(made: Bench) -> None:
    keeps_letters(made)

    def refuse(*_arguments: object) -> str:
        raise SiteRefused("The function is not allowed there.", "Ask the operator.")

    made.site.submit = refuse
    assert trial(made)[-1] == ("computes", False, "The function is not allowed there. Ask the operator.")
