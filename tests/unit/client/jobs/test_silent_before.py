"""A site that falls silent before a job was handed over to it: nothing is computed there, so nothing holds the job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.staging import SOON
from armarius.client.jobs.state import JobState
from armarius.client.jobs.transferring import STALLED
from armarius.client.ports import TransferState
from support.several import Several, queue, several


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha={"walltimes": ("8h",)}, beta={"walltimes": ("8h",)}) as ready:
        ready.fakes["beta"].queue = queue(7200.0)
        ready.create()
        ready.until(JobState.PLACED, most=1)
        ready.fakes["alpha"].reachable = False
        yield ready


def falls_silent(made: Several) -> None:
    with pytest.raises(SiteUnreachable):
        advance(made.desk(), "job1")
    made.clock.pass_(SOON + 1)


def test_the_job_goes_to_another_site(made: Several) -> None:
    falls_silent(made)
    job = made.until(JobState.CALIBRATING)
    assert [run.site for run in job.runs] == ["alpha", "beta"]
    assert list(made.fakes["alpha"].runs) == []


def test_where_no_other_site_may_take_it_it_waits_for_this_one(made: Several) -> None:
    made.add("beta", walltimes=("8h",), drained=True)
    falls_silent(made)
    assert made.until(JobState.WAITING, most=2).runs[-1].site == "alpha"
    made.fakes["alpha"].reachable = True
    made.clock.pass_(31)
    assert made.at(made.until(JobState.CALIBRATING)) == "alpha"


def test_it_goes_on_where_the_site_dies_before_it_has_looked_at_what_came(made: Several) -> None:
    made.stagings["alpha"].asks = True
    falls_silent(made)  # it has answered a moment ago, so it is not asked itself yet
    falls_silent(made)
    assert made.at(made.until(JobState.CALIBRATING)) == "beta"


def test_transfer_that_does_not_answer_moves_no_job(made: Several) -> None:
    made.fakes["alpha"].reachable = True
    desk = made.desk()
    desk.link("alpha").staging.status = unanswered
    for _ in range(5):
        with pytest.raises(SiteUnreachable):
            advance(desk, "job1")
        made.clock.pass_(SOON)
    assert made.at(made.journal.job("job1")) == "alpha"


def unanswered(_transfer: str) -> None:
    raise SiteUnreachable("Globus Transfer cannot be reached.")


def test_files_on_their_way_to_a_silent_site_are_not_waited_for(made: Several) -> None:
    alpha = made.fakes["alpha"]
    alpha.reachable, made.stagings["alpha"].instantly = True, False
    made.until(JobState.STAGING)
    advance(made.desk(), "job1")
    assert made.stagings["alpha"].status("job1-1-in").state is TransferState.ACTIVE
    alpha.reachable = False
    made.clock.pass_(STALLED / 2)
    advance(made.desk(), "job1")
    assert made.journal.job("job1").state is JobState.STAGING, "they may still come"
    made.clock.pass_(STALLED)
    advance(made.desk(), "job1")  # the site is asked, and silent from now on
    made.clock.pass_(SOON + 1)
    assert made.at(made.until(JobState.CALIBRATING)) == "beta"
    assert made.stagings["alpha"].status("job1-1-in").state is TransferState.UNKNOWN
