"""A site that is to be empty: what waits there goes elsewhere at once, what runs pauses first; no job counts twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.keeping import home_path
from armarius.client.jobs.request import DataPolicy
from armarius.client.jobs.state import JobState
from armarius.client.journal import Drain
from armarius.functions.contracts import Outcome, Phase, Progress, Reason, RunState, Task
from support.desk import MODEL
from support.several import Several, checkpoint, last, queue, several


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha={"walltimes": ("8h",)}, beta={"walltimes": ("8h",)}) as ready:
        ready.fakes["beta"].queue = queue(7200.0)  # so that all begins on alpha
        yield ready


def empty(made: Several, site: str = "alpha", **fields: Any) -> None:
    now = made.clock.now()
    made.journal.drains.drain(
        Drain(**{"site": site, "by": "anna", "at": now, "begins": now, "empties": True, **fields})
    )


def begun(made: Several) -> None:
    made.create()
    assert made.at(made.until(JobState.CALIBRATING)) == "alpha"
    made.fakes["alpha"].begin("job1-1", Progress(at=1, phase=Phase.TRAINING, step=50))
    made.fakes["alpha"].runs["job1-1"].checkpoint = checkpoint()
    made.until(JobState.TRAINING, most=2)


def pause(made: Several, run: str = "job1-1") -> None:
    """The engine writes a checkpoint, as it was asked to."""
    made.fakes["alpha"].end(run, Outcome.PAUSED, Reason.ASKED, checkpoint=checkpoint(run))


def done(made: Several, run: str) -> None:
    made.fakes["beta"].end(run, Outcome.FINISHED, models=(MODEL,))
    job = made.until(JobState.DONE)
    assert [each.id for each in job.runs if each.report_json and each.report_json["outcome"] == "finished"] == [run]


def test_what_runs_pauses_and_goes_on_elsewhere_with_its_checkpoint(made: Several) -> None:
    begun(made)
    empty(made)
    job = made.until(JobState.PLACED, most=3)
    assert made.fakes["alpha"].runs["job1-1"].report.reason is Reason.ASKED
    assert (last(job).site, last(job).spec.resume_from, last(job).task) == ("beta", checkpoint(), Task.TRAIN)
    assert any("alpha is being emptied: the job goes on elsewhere." in event.message for event in job.events)
    made.until(JobState.TRAINING)
    assert checkpoint().sha256 in made.fakes["beta"].held
    done(made, "job1-2")


def test_it_is_asked_once_however_long_the_pause_takes(made: Several) -> None:
    begun(made)
    empty(made)
    asked: list[Any] = []
    made.fakes["alpha"]._cancel = lambda payload: asked.append(payload) or {}
    for _ in range(4):
        advance(made.desk(), "job1")
    assert [payload["pause"] for payload in asked] == [True]
    assert made.journal.job("job1").state is JobState.TRAINING
    pause(made)
    assert made.at(made.until(JobState.PLACED, most=3)) == "beta"


def test_what_waits_in_its_queue_is_taken_back_at_once(made: Several) -> None:
    made.create()
    made.until(JobState.CALIBRATING)
    stopped: list[Any] = []
    made.fakes["alpha"]._cancel = lambda payload: stopped.append(payload["pause"]) or {}
    empty(made)
    assert made.at(made.until(JobState.PLACED, most=1)) == "beta"
    assert stopped == [True, False], "it never begins: Parsl takes its job out of the queue"
    made.until(JobState.CALIBRATING)
    made.fakes["alpha"].begin("job1-1")  # in spite of all: nobody listens
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    done(made, "job1-2")


def test_one_that_began_in_that_moment_pauses_first(made: Several) -> None:
    made.create()
    made.until(JobState.CALIBRATING)
    site = made.fakes["alpha"]

    def begins(_payload: dict[str, Any]) -> dict[str, Any]:
        site.begin("job1-1", Progress(at=1, phase=Phase.TRAINING, step=50))
        return {}

    site._cancel = begins
    empty(made)
    advance(made.desk(), "job1")
    assert len(made.journal.job("job1").runs) == 1
    pause(made)
    assert made.at(made.until(JobState.PLACED, most=3)) == "beta"
    assert site.runs["job1-1"].state is RunState.ENDED


@pytest.mark.parametrize("state", [JobState.PLACED, JobState.STAGING])
def test_what_was_not_handed_over_goes_elsewhere(made: Several, state: JobState) -> None:
    made.stagings["alpha"].instantly = False
    made.create()
    made.until(state)
    empty(made)
    assert made.at(made.until(JobState.PLACED, most=1)) == "beta"
    assert made.fakes["alpha"].runs == {}
    made.until(JobState.CALIBRATING)


def test_where_nobody_else_takes_it_it_waits_with_its_checkpoint_at_home(made: Several) -> None:
    made.add("alpha", walltimes=("8h",), tags=("eu",))
    made.create(policy=DataPolicy(tags=("eu",)))
    made.until(JobState.CALIBRATING)
    made.fakes["alpha"].begin("job1-1", Progress(at=1, phase=Phase.TRAINING, step=50))
    made.fakes["alpha"].runs["job1-1"].checkpoint = checkpoint()
    empty(made)
    job = made.until(JobState.WAITING, most=4)
    assert "alpha is being emptied; beta lacks what the data asks for: eu" in job.events[-1].message
    for _ in range(2):
        advance(made.desk(), "job1")
    assert home_path(job, checkpoint()).is_file()
    made.fakes["alpha"].reachable = True
    assert made.journal.drains.undrain("alpha")
    job = made.until(JobState.PLACED, most=2)
    assert (last(job).site, last(job).spec.resume_from) == ("alpha", checkpoint())


def test_a_silent_site_is_not_believed_to_be_empty(made: Several) -> None:
    """What it computes cannot be told to pause; it is told when it answers again."""
    begun(made)
    made.fakes["alpha"].reachable = False
    empty(made)
    for _ in range(3):
        with pytest.raises(SiteUnreachable):
            advance(made.desk(), "job1")
        made.clock.pass_(60)
    assert len(made.journal.job("job1").runs) == 1
    made.fakes["alpha"].reachable = True
    assert made.at(made.until(JobState.PLACED, most=4)) == "beta"


def test_a_drain_alone_takes_nothing_away(made: Several) -> None:
    begun(made)
    empty(made, empties=False)
    advance(made.desk(), "job1")
    made.fakes["alpha"].end("job1-1", Outcome.PAUSED, Reason.WALLTIME, checkpoint=checkpoint())
    assert made.at(made.until(JobState.PLACED, most=2)) == "alpha", "what began there ends there"
    made.create("job2")
    assert made.at(made.until(JobState.PLACED, "job2", most=1)) == "beta"


def test_every_driver_reads_it_and_it_ends_by_itself(made: Several) -> None:
    now = made.clock.now()
    empty(made, begins=now + 100, ends=now + 200)
    desks = [made.desk("web"), made.desk("serve")]
    assert [desk.is_drained("alpha") for desk in desks] == [False, False]
    made.clock.pass_(100)
    assert [(desk.is_drained("alpha"), desk.is_emptying("alpha as user-1")) for desk in desks] == [(True, True)] * 2
    made.clock.pass_(100)
    assert [desk.is_drained("alpha") for desk in desks] == [False, False]
    assert not made.journal.drains.undrain("beta")
