"""A site that falls silent before a job was handed over to it: nothing is computed there, so nothing holds the job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.staging import SOON
from armarius.client.jobs.state import JobState
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
