"""A paused or lost training goes on from its newest checkpoint, wherever it is done soonest."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client.driver import TELL_PACE, Driver
from armarius.client.errors import SiteRefused, SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.givenup import tell_given_up
from armarius.client.jobs.keeping import GONE_SECONDS, SELDOM, home_path
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.journal.sitetables import GivenUpRow
from armarius.client.ports import TransferState
from armarius.functions.contracts import (
    CheckpointRef,
    Outcome,
    Phase,
    Progress,
    Reason,
    RecognitionParameters,
    Task,
    Versions,
)
from support.desk import MODEL
from support.jobs import calibration
from support.several import STATE, Several, checkpoint, last, queue, several

HOURS = 3600.0
PARAMETERS = RecognitionParameters(batch_size=1, quit="fixed", epochs=50)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha={"walltimes": ("8h",)}, beta={"walltimes": ("8h",)}) as ready:
        ready.fakes["beta"].queue = queue(2 * HOURS)  # so that all begins on alpha
        ready.create(parameters=PARAMETERS)
        yield ready


def begun(made: Several, at: float = 1.0) -> JobRow:
    """A job that computes on alpha and has a checkpoint."""
    job = made.until(JobState.CALIBRATING)
    assert last(job).site == "alpha"
    made.fakes["alpha"].begin("job1-1", Progress(at=at, phase=Phase.TRAINING, step=50))
    made.fakes["alpha"].runs["job1-1"].checkpoint = checkpoint()
    return made.until(JobState.TRAINING, most=2)


def pause(made: Several, alpha: float, beta: float, **fields: Any) -> JobRow:
    """Lets the run pause when the queues are so long; the job is then placed anew."""
    made.fakes["alpha"].queue, made.fakes["beta"].queue = queue(alpha), queue(beta)
    made.clock.pass_(61)
    made.fakes["alpha"].end("job1-1", Outcome.PAUSED, Reason.WALLTIME, checkpoint=checkpoint(), **fields)
    made.until(JobState.PLACED, most=2)
    return made.journal.job("job1")


def test_it_moves_where_it_is_done_sooner_and_its_checkpoint_with_it(made: Several) -> None:
    begun(made)
    job = pause(made, alpha=5 * HOURS, beta=0)
    assert (last(job).site, last(job).spec.resume_from, last(job).task) == ("beta", checkpoint(), Task.TRAIN)
    assert "moving from alpha saves about" in job.events[-1].message
    made.until(JobState.TRAINING)
    assert checkpoint().sha256 in made.fakes["beta"].held
    assert home_path(job, checkpoint()).read_bytes() == STATE
    made.fakes["beta"].end("job1-2", Outcome.FINISHED, models=(MODEL,))
    job = made.until(JobState.DONE)
    assert not home_path(job, checkpoint()).exists(), "what is done needs no checkpoint"
    assert made.fakes["alpha"].released == ["job1-1"]


def test_it_stays_where_moving_costs_more_than_it_saves(made: Several) -> None:
    begun(made)
    job = pause(made, alpha=200, beta=0)
    assert last(job).site == "alpha"
    assert "moving to beta would save" in job.events[-1].message
    made.until(JobState.TRAINING)
    assert made.stagings["beta"].sent == []


def test_another_kraken_does_not_read_its_checkpoint(made: Several, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(made)
    older = Versions(armarius="0", python="3", kraken="6.0.3", torch="2")
    monkeypatch.setattr(made.fakes["beta"], "versions", older)
    job = pause(made, alpha=5 * HOURS, beta=0)
    assert last(job).site == "alpha"
    assert "beta has kraken 6.0.3; the checkpoint is of kraken 7" in explained(made, last(job).id)


def test_a_walltime_that_ends_is_left_for_a_drained_site_no_more_than_for_another(made: Several) -> None:
    """What began on a site that is drained meanwhile may end there."""
    begun(made)
    made.add("alpha", walltimes=("8h",), drained=True)
    assert last(pause(made, alpha=0, beta=5 * HOURS)).site == "alpha"


# A site that is out of reach ------------------------------------------------------------------------------------


def test_unreachable_is_not_lost(made: Several) -> None:
    begun(made)
    made.fakes["alpha"].reachable = False
    for _ in range(11):
        with pytest.raises(SiteUnreachable):
            advance(made.desk(), "job1")
        made.clock.pass_(600)
    made.fakes["alpha"].reachable = True
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    assert len(made.until(JobState.DONE).runs) == 1


def silence(made: Several, name: str = "alpha") -> None:
    """A site is out of reach until patience with it is about to end."""
    made.fakes[name].reachable = False
    for _ in range(12):
        with pytest.raises(SiteUnreachable):
            advance(made.desk(), "job1")
        made.clock.pass_(601)


def test_a_site_that_is_silent_for_too_long_loses_its_run_which_goes_on_from_what_is_home(made: Several) -> None:
    begun(made)
    made.clock.pass_(700)  # more than five times as long as may be lost
    desk = made.desk("keeper")
    for _ in range(2):  # it is fetched, and then noted
        advance(desk, "job1")
    desk.give_back("job1")
    silence(made)
    made.fakes["beta"].queue = queue(0)
    job = made.until(JobState.PLACED, most=2)
    assert (last(job).site, last(job).spec.resume_from) == ("beta", checkpoint())
    made.until(JobState.TRAINING)
    assert checkpoint().sha256 in made.fakes["beta"].held


def test_without_a_checkpoint_at_home_it_begins_anew(made: Several) -> None:
    begun(made)
    silence(made)
    job = made.until(JobState.PLACED, most=2)
    assert (last(job).site, last(job).spec.resume_from, last(job).task) == ("beta", None, Task.CALIBRATE)


def test_a_run_that_was_given_up_is_told_to_end_and_counts_no_more(made: Several) -> None:
    begun(made)
    silence(made)
    made.until(JobState.CALIBRATING, most=6)
    driver = Driver(made.desk("teller"))
    driver._tell()
    assert not made.fakes["alpha"].runs["job1-1"].cancelled, "it cannot be reached yet"
    made.fakes["alpha"].reachable = True
    made.clock.pass_(TELL_PACE + 1)
    driver._tell()
    assert made.fakes["alpha"].runs["job1-1"].cancelled
    assert made.journal.keeping.given_up() == []
    made.fakes["beta"].end("job1-2", Outcome.FINISHED, models=(MODEL,))
    assert last(made.until(JobState.DONE)).id == "job1-2"


def test_what_a_site_says_of_one_of_them_keeps_no_other_from_being_told(
    made: Several, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = made.desk("teller")
    rows = [GivenUpRow(run_id=f"job{number}-1", site="alpha", at=float(number)) for number in (1, 2)]
    told: list[str] = []

    def refused(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        if "job1-1" in payload["runs"]:
            raise SiteRefused("alpha cannot read it.")
        return {}

    monkeypatch.setattr(made.fakes["alpha"], "call", refused)
    monkeypatch.setattr(desk.journal.keeping, "given_up", lambda: rows)
    monkeypatch.setattr(desk.journal.keeping, "told", lambda run_id, now: told.append(run_id))
    tell_given_up(desk)
    assert told == ["job2-1"]


def test_what_a_run_that_was_given_up_brings_too_late_does_not_count(made: Several) -> None:
    begun(made)
    silence(made)
    made.until(JobState.CALIBRATING, most=6)
    made.fakes["alpha"].reachable = True
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    advance(made.desk(), "job1")
    assert made.journal.job("job1").state is JobState.CALIBRATING
    made.fakes["beta"].end("job1-2", Outcome.FINISHED, models=(MODEL,))
    job = made.until(JobState.DONE)
    assert [run.id for run in job.runs if run.report_json] == ["job1-2"]


def test_where_nobody_else_takes_it_a_silent_site_is_waited_for(made: Several) -> None:
    begun(made)
    made.add("beta", walltimes=("8h",), drained=True)
    silence(made)
    assert advance(made.desk(), "job1").state is JobState.WAITING
    assert len(made.journal.job("job1").runs) == 1
    made.fakes["alpha"].reachable = True
    made.clock.pass_(31)
    made.until(JobState.CALIBRATING, most=3)
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    assert len(made.until(JobState.DONE).runs) == 1


def test_the_time_in_which_nobody_looked_tries_no_patience(made: Several) -> None:
    """The pool was not running for a day: that the site did not answer before and does not now says little."""
    begun(made)
    made.fakes["alpha"].reachable = False
    for _ in range(2):
        with pytest.raises(SiteUnreachable):
            advance(made.desk(), "job1")
        made.clock.pass_(24 * HOURS)
    assert len(made.journal.job("job1").runs) == 1


def test_an_only_site_is_waited_for_as_long_as_it_takes(tmp_path: Path) -> None:
    with several(tmp_path, alpha={}) as made:
        made.create()
        begun(made)
        silence(made)
        silence(made)
        assert made.journal.job("job1").state is JobState.TRAINING
        made.fakes["alpha"].reachable = True
        made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
        assert len(made.until(JobState.DONE).runs) == 1


def test_a_site_dies_while_its_checkpoint_is_on_the_way(made: Several) -> None:
    begun(made)
    made.stagings["alpha"].instantly = False
    pause(made, alpha=5 * HOURS, beta=0)
    advance(made.desk(), "job1")
    made.stagings["alpha"].fail("The disk is gone.")
    job = made.until(JobState.FAILED, most=3)
    assert "The checkpoint of step 50 could not be brought from alpha. The disk is gone." in job.error


# Checkpoints at home --------------------------------------------------------------------------------------------


def test_the_last_checkpoint_is_kept_at_home_and_no_more(made: Several) -> None:
    begun(made)
    desk = made.desk("keeper")
    for _ in range(2):
        made.clock.pass_(601)
        advance(desk, "job1")
    kept = made.journal.keeping.checkpoint("job1")
    assert kept is not None and kept[0] == checkpoint()
    assert [path.read_bytes() for path in home_path(made.journal.job("job1"), checkpoint()).parent.iterdir()] == [STATE]


def test_what_comes_home_must_be_what_was_recorded(made: Several) -> None:
    begun(made)
    wrong: CheckpointRef = checkpoint()
    made.stagings["alpha"].content[wrong.sha256] = b"x" * len(STATE)
    desk = made.desk("keeper")
    for _ in range(2):
        made.clock.pass_(601)
        advance(desk, "job1")
    assert made.journal.keeping.checkpoint("job1") is None


def test_a_calibration_of_the_first_site_is_known_at_the_next(made: Several) -> None:
    begun(made)
    job = pause(made, alpha=5 * HOURS, beta=0, calibration=calibration())
    assert last(job).site == "beta"
    speeds = made.journal.sites.speeds("alpha", "recognition")
    assert [row.shape for row in speeds] == ["small"]


def explained(made: Several, run: str) -> str:
    row = made.journal.sites.decision(run)
    assert row is not None
    return "; ".join(f"{each['site']} {each['reason']}" for each in row.decision_json["verdicts"])


def test_a_run_that_has_ended_well_needs_none_any_more(made: Several) -> None:
    """Its site deletes them, and Transfer would wait for what is gone."""
    begun(made)
    made.stagings["alpha"].instantly = False
    made.clock.pass_(SELDOM * made.journal.job("job1").request.checkpoint_every)
    desk = made.desk("keeper")
    advance(desk, "job1")
    assert made.stagings["alpha"].status("job1-1-keep").state is TransferState.ACTIVE
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,), checkpoint=checkpoint())
    advance(desk, "job1")
    assert made.stagings["alpha"].status("job1-1-keep").state is TransferState.UNKNOWN


def test_one_that_is_gone_meanwhile_is_waited_for_no_longer(made: Several) -> None:
    begun(made)
    made.stagings["alpha"].instantly = False
    made.clock.pass_(SELDOM * made.journal.job("job1").request.checkpoint_every)
    desk = made.desk("keeper")
    advance(desk, "job1")
    newer = checkpoint().model_copy(update={"step": checkpoint().step + 1})
    made.fakes["alpha"].runs["job1-1"].checkpoint = newer
    made.clock.pass_(GONE_SECONDS - 1)
    advance(desk, "job1")
    assert desk.scout.fetching["job1-1"][0] == checkpoint()
    made.clock.pass_(1)
    advance(desk, "job1")
    assert desk.scout.fetching["job1-1"][0] == newer
