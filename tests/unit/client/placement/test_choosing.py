"""Where a job goes: rules first, then the least sum of staging, waiting and computing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client.jobs.advance import advance
from armarius.client.jobs.request import DataPolicy
from armarius.client.jobs.state import JobState
from armarius.client.journal import Drain
from armarius.client.journal.sitelog import Load
from armarius.client.placement.decision import Decision
from armarius.client.placement.estimate import slots
from armarius.client.placement.scout import Facts
from armarius.client.placement.work import architecture_of
from armarius.functions.contracts import RecognitionParameters, Shape, SiteReport
from support.desk import GIB
from support.globus_bench import report as globus_report
from support.globus_bench import site_config
from support.several import Several, last, queue, several

QUEUED: dict[str, Any] = {"walltimes": ("8h",), "workers": 4}
PARAMETERS = RecognitionParameters(batch_size=1, quit="fixed", epochs=50)
TINY = Shape(name="tiny", cpus=1, memory=GIB)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha=QUEUED, beta=QUEUED, gamma=QUEUED) as ready:
        yield ready


def placed(made: Several, job_id: str = "job1", **request: Any) -> str:
    made.create(job_id, parameters=PARAMETERS, **request)
    return made.at(made.until(JobState.PLACED, job_id, most=1))


def decided(made: Several, run: str = "job1-1") -> Decision:
    row = made.journal.sites.decision(run)
    assert row is not None
    return Decision.model_validate(row.decision_json)


def waiting(made: Several, **request: Any) -> str:
    """Why no site takes a job."""
    made.create(**request)
    return made.until(JobState.WAITING, most=1).events[-1].message


def test_the_shortest_queue_wins_when_all_else_is_equal(made: Several) -> None:
    for name, seconds in (("alpha", 7200.0), ("beta", 600.0), ("gamma", 3600.0)):
        made.fakes[name].queue = queue(seconds, free=0)
    assert placed(made) == "beta"


def test_data_that_is_there_is_not_carried_again(made: Several) -> None:
    made.fakes["gamma"].held |= {image.sha256 for image in made.packed.manifest.images()} | {made.packed.id}
    assert placed(made) == "gamma"
    sums = {each.site: each.sum for each in decided(made).verdicts}
    assert sums["gamma"] is not None and sums["alpha"] is not None
    assert (sums["gamma"].size, sums["gamma"].staging) == (0, 0)
    assert sums["alpha"].staging > 0


def test_a_fast_site_is_worth_a_queue(made: Several) -> None:
    for name, speed in (("alpha", 1e-5), ("beta", 1e-4), ("gamma", 1e-4)):
        for _ in range(10):
            made.journal.sites.computed(name, "small", "recognition", architecture_of(PARAMETERS), speed, 1.0)
    made.fakes["alpha"].queue = queue(600.0)
    assert placed(made) == "alpha"
    assert decided(made).sum_of("alpha").measured == 10


def test_a_new_site_is_tried(made: Several) -> None:
    """Its competitors are known to be as fast as such machines mostly are."""
    for name in ("alpha", "beta"):
        for _ in range(10):
            speed = 1.2e-7
            made.journal.sites.computed(name, "small", "recognition", architecture_of(PARAMETERS), speed, 1.0)
    assert placed(made) == "gamma"


def test_jobs_of_the_same_minute_do_not_all_go_to_the_same_site(made: Several) -> None:
    """Though no queue has moved since the sites were asked, and each driver is another process."""
    went = [placed(made, f"job{number}") for number in range(12)]
    assert {went.count(name) for name in made.configs} == {4}


def test_sites_are_asked_once_a_minute_however_many_jobs_there_are(made: Several) -> None:
    for number in range(6):
        placed(made, f"job{number}")
    assert [fake.calls for fake in made.fakes.values()] == [["probe"]] * 3
    made.clock.pass_(61)
    placed(made, "job9")
    assert [fake.calls for fake in made.fakes.values()] == [["probe", "probe"]] * 3


def test_an_only_site_is_not_asked(made: Several) -> None:
    assert placed(made, site="beta") == "beta"
    assert made.fakes["beta"].calls == []


def test_a_site_that_does_not_answer_is_passed_over_and_tried_again(made: Several) -> None:
    for name in ("alpha", "beta", "gamma"):
        made.fakes[name].reachable = False
    assert "alpha has not answered for 0.0 s: The fake site" in waiting(made)
    made.fakes["gamma"].reachable = True
    assert advance(made.desk(), "job1").state is JobState.WAITING, "asked half a minute ago at most"
    made.clock.pass_(31)
    assert made.at(made.until(JobState.PLACED, most=1)) == "gamma"
    assert "alpha has not answered for 31 s" in decided(made).reasons()


def test_a_drained_site_takes_nothing_new(made: Several) -> None:
    made.add("alpha", **QUEUED, drained=True)
    made.add("beta", **QUEUED, drained=True)
    assert placed(made) == "gamma"
    assert decided(made).reasons() == "alpha is drained; beta is drained"


def test_a_site_that_is_full_is_passed_over(made: Several) -> None:
    for name in ("alpha", "beta"):
        made.add(name, **QUEUED, limit=1)
    made.add("gamma", **QUEUED, drained=True)
    assert sorted(placed(made, f"job{number}") for number in (1, 2)) == ["alpha", "beta"]
    made.create("job3")
    assert "alpha takes one job of this pool at once" in made.until(JobState.WAITING, "job3").events[-1].message


def speeds(made: Several, **seconds_per_pixel: float) -> None:
    for name, speed in seconds_per_pixel.items():
        for _ in range(20):
            made.journal.sites.computed(name, "small", "recognition", architecture_of(PARAMETERS), speed, 1.0)


def test_a_job_waits_for_a_full_site_where_it_would_be_done_sooner(made: Several) -> None:
    """And goes to the slow one all the same where too many wait for the fast one before it."""
    made.add("alpha", **{**QUEUED, "workers": 1}, limit=1)
    made.add("gamma", **QUEUED, drained=True)
    speeds(made, alpha=1e-6, beta=4e-5)
    assert placed(made, "job1") == "alpha"
    went = []
    for number in range(2, 12):
        made.create(f"job{number}", parameters=PARAMETERS)
        went.append(advance(made.desk(), f"job{number}").state)
    waited = went.index(JobState.PLACED)
    assert 1 <= waited < 10
    assert "alpha takes one job" in made.journal.job("job2").events[-1].message
    assert made.at(made.journal.job(f"job{waited + 2}")) == "beta"


def test_a_job_does_not_wait_for_a_full_site_that_is_no_better(made: Several) -> None:
    made.add("alpha", **{**QUEUED, "workers": 1}, limit=1)
    made.add("gamma", **QUEUED, drained=True)
    speeds(made, alpha=1e-7, beta=1.2e-7)
    assert [placed(made, f"job{number}") for number in (1, 2, 3)] == ["alpha", "beta", "beta"]


def test_a_job_does_not_wait_for_a_full_site_that_will_be_drained(made: Several) -> None:
    made.add("alpha", **{**QUEUED, "workers": 1}, limit=1)
    made.add("gamma", **QUEUED, drained=True)
    speeds(made, alpha=1e-6, beta=4e-5)
    assert placed(made, "job1") == "alpha"
    now = made.clock.now()
    made.journal.drains.drain(Drain("alpha", "anna", now, now + 60.0))
    made.clock.pass_(2)
    assert placed(made, "job2") == "beta"


def test_a_job_does_not_wait_for_a_full_site_that_is_too_small(made: Several) -> None:
    made.add("alpha", **{**QUEUED, "shapes": (TINY,)}, limit=1)
    made.add("gamma", **QUEUED, drained=True)
    speeds(made, beta=1e-3)
    for _ in range(20):
        made.journal.sites.computed("alpha", "tiny", "recognition", architecture_of(PARAMETERS), 1e-7, 1.0)
    assert placed(made, "job1", site="alpha") == "alpha"
    assert placed(made, "job2") == "beta"


def test_places_are_those_of_the_moment_in_which_the_site_told_of_them() -> None:
    """Two were free; then two runs of the pool began there, of which its last answer knows nothing."""
    report = SiteReport.model_validate(globus_report())
    answer = report.model_copy(update={"queue": queue(0.0, shape="cpu4", free=2)})
    config = site_config()
    assert slots(config, Facts(report=answer, load=Load(running=2), running=0), "cpu4") == 2
    assert slots(config, Facts(report=answer, load=Load(running=2), running=2), "cpu4") == 4
    assert slots(config, Facts(report=answer, load=Load(running=2)), "cpu4") == 4, "another driver asked"
    assert slots(config, Facts(report=answer, load=Load(running=3), running=0), "cpu4") == 3, "so many run, then"


def test_pages_stay_where_they_may_be(made: Several) -> None:
    made.add("gamma", **QUEUED, tags=("eu", "own"))
    made.add("beta", **QUEUED, tags=("eu",))
    assert placed(made, policy=DataPolicy(tags=("eu", "own"))) == "gamma"
    assert placed(made, "job2", policy=DataPolicy(sites=("alpha",))) == "alpha"
    made.configs["gamma"] = made.configs["gamma"].model_copy(update={"drained": True})
    made.create("job3", policy=DataPolicy(tags=("own",)))
    said = made.until(JobState.WAITING, "job3").events[-1].message
    assert "beta lacks what the data asks for: own" in said
    assert "gamma is drained" in said


def test_a_site_may_be_for_some_people_and_projects(made: Several) -> None:
    made.add("alpha", **QUEUED, users=("anna@uni.example",))
    made.add("beta", **QUEUED, projects=("charters",))
    made.add("gamma", **QUEUED, drained=True)
    assert placed(made, user="anna@uni.example") == "alpha"
    assert placed(made, "job2", user="bert@uni.example", project="charters") == "beta"
    made.create("job3")
    said = made.until(JobState.WAITING, "job3").events[-1].message
    assert "alpha is not open to a job without a user" in said
    assert "beta is not open to a job without a project" in said


def test_a_shape_that_is_too_small_counts_only_where_nothing_else_is_left(made: Several) -> None:
    made.add("alpha", **{**QUEUED, "shapes": (TINY,)})
    made.add("beta", **{**QUEUED, "shapes": (TINY,)})
    assert placed(made) == "gamma"
    assert "alpha has no shape that is large enough" in decided(made).reasons()
    made.add("gamma", **{**QUEUED, "shapes": (TINY,)})
    assert placed(made, "job2") in made.configs


def test_a_disk_without_room_is_no_place(made: Several) -> None:
    made.fakes["alpha"].disk_free = made.fakes["beta"].disk_free = 10
    assert placed(made) == "gamma"
    assert "alpha has 10 B free" in decided(made).reasons()


def test_a_file_that_changes_after_the_choice_still_keeps_the_pages(made: Several) -> None:
    """The operator takes the tag away while the job is on its way: not one page is sent."""
    made.add("beta", **QUEUED, tags=("eu",))
    assert placed(made, policy=DataPolicy(tags=("eu",))) == "beta"
    made.add("beta", **QUEUED)
    made.add("gamma", **QUEUED, tags=("eu",))
    assert made.at(made.until(JobState.CALIBRATING)) == "gamma"
    assert made.stagings["beta"].sent == []


def test_what_was_learnt_of_sites_survives_the_driver(made: Several) -> None:
    placed(made)
    made.clock.pass_(30)
    assert made.desk("another").journal.sites.read("alpha").heard == made.clock.now() - 30
    assert placed(made, "job2") in made.configs
    assert [fake.calls for fake in made.fakes.values()] == [["probe"]] * 3


def test_waits_and_transfers_are_learnt_from_runs(made: Several) -> None:
    from armarius.functions.contracts import Phase, Progress

    made.fakes["alpha"].queue = queue(1000.0, free=0)
    name = placed(made, site="alpha")
    for staging in made.stagings.values():
        staging.instantly = False
    made.until(JobState.STAGING)
    advance(made.desk(), "job1")
    made.clock.pass_(40)
    made.stagings[name].arrive()
    job = made.until(JobState.CALIBRATING)
    made.clock.pass_(300)
    made.fakes[name].begin(last(job).id, Progress(at=0, phase=Phase.TRAINING))
    advance(made.desk(), "job1")
    assert made.journal.sites.waits(name) == [(None, 300.0)]
    assert [(row.size > 0, row.seconds) for row in made.journal.sites.transfers(name)] == [(True, 40.0)]
