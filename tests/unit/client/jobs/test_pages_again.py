"""Which pages the next run of a job does: those that are lost, and no others; and when a job gives up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.jobs.computing import MOST_IN_VAIN
from armarius.client.jobs.donepages import pages_of
from armarius.client.jobs.state import JobState
from armarius.functions.contracts import Outcome, PageFault, Phase, Progress, Reason
from support.page_jobs import HOURS, PAGES, complete, die, do, end, files, look, pages_on_two_sites, skipped
from support.several import Several, last


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with pages_on_two_sites(tmp_path) as ready:
        yield ready


def test_after_the_death_of_its_site_only_the_others_are_done_elsewhere(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0, 2)
    look(made)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1", 3)
    look(made)
    assert len(files(made)) == 2, "the last is still on its way"
    die(made, "alpha")
    job = made.until(JobState.SEGMENTING)
    assert (last(job).site, skipped(job)) == ("beta", (0, 2))
    assert "without 2 pages that need not be done again" in "".join(event.message for event in job.events)
    assert len({parcel.sha256 for parcel in made.stagings["beta"].sent}) == 1 + 2, "manifest, and two images"
    do(made, "beta", "job1-2")
    end(made, "beta", "job1-2")
    job = made.until(JobState.DONE)
    assert files(made) == complete(made)
    assert [(page.number, page.run_id) for page in pages_of(made.journal, job).values()] == [
        (0, "job1-1"), (1, "job1-2"), (2, "job1-1"), (3, "job1-2"),
    ]  # fmt: skip


def test_after_a_pause_the_rest_is_done_and_all_comes_home(made: Several) -> None:
    made.stagings["alpha"].instantly = True
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0, 1)
    end(made, "alpha", "job1-1", Outcome.PAUSED, Reason.WALLTIME)
    job = made.until(JobState.PLACED, most=3)
    assert (last(job).site, skipped(job)) == ("alpha", (0, 1))
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-2")
    end(made, "alpha", "job1-2")
    made.until(JobState.DONE)
    assert files(made) == complete(made)
    assert sorted(made.fakes["alpha"].released) == ["job1-1", "job1-2"]


def test_pages_that_wait_at_a_site_that_lives_are_not_done_again(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1", 0, 1)
    end(made, "alpha", "job1-1", Outcome.PAUSED, Reason.WALLTIME)
    job = made.until(JobState.PLACED, most=3)
    assert skipped(job) == (0, 1)
    assert not (made.folder / "results" / "pages").exists()


def test_what_more_memory_may_cure_is_tried_again(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0, 1, 2, faults={1: PageFault.OUT_OF_MEMORY, 2: PageFault.NO_LINES})
    end(made, "alpha", "job1-1", Outcome.PAUSED, Reason.WALLTIME)
    job = made.until(JobState.PLACED, most=3)
    assert skipped(job) == (0, 2)
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-2")
    end(made, "alpha", "job1-2")
    job = made.until(JobState.DONE)
    assert {number: page.fault for number, page in pages_of(made.journal, job).items()} == {
        0: None, 1: None, 2: PageFault.NO_LINES, 3: None,
    }  # fmt: skip


def test_pages_that_are_lost_on_their_site_are_done_again(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0)
    look(made)
    made.stagings["alpha"].gone.add("job1-1")
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    job = made.until(JobState.PLACED, most=6)
    assert "Pages could not be brought home: There is no such file. They are done again." in "".join(
        event.message for event in job.events
    )
    job = made.until(JobState.SEGMENTING)
    assert (last(job).number, skipped(job)) == (2, (0,))
    do(made, last(job).site, "job1-2")
    end(made, last(job).site, "job1-2")
    made.until(JobState.DONE)
    assert files(made) == complete(made)
    assert [note.what for note in made.journal.keeping.notes("job1-1")] == ["pages lost"]


def test_a_job_whose_pages_are_lost_again_and_again_fails(made: Several) -> None:
    for number in (1, 2, 3):
        site = last(made.until(JobState.SEGMENTING)).site
        made.stagings[site].gone.add(f"job1-{number}")
        do(made, site, f"job1-{number}")
        end(made, site, f"job1-{number}")
        look(made, 3)
    job = made.until(JobState.FAILED, most=4)
    assert "Then: armarius resume job1" in job.error
    made.stagings[last(job).site].gone.clear()
    desk = made.desk()
    assert desk.claim("job1")
    made.journal.revive("job1", desk.owner, made.clock.now(), "begun again")
    made.until(JobState.DONE)
    assert files(made) == complete(made)


def test_a_site_that_dies_with_all_pages_done_costs_what_was_not_home(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0)
    look(made)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    made.until(JobState.RETURNING)
    look(made, 2)
    die(made, "alpha")
    job = made.until(JobState.SEGMENTING)
    assert (last(job).site, skipped(job)) == ("beta", (0,))
    do(made, "beta", "job1-2")
    end(made, "beta", "job1-2")
    made.until(JobState.DONE)
    assert files(made) == complete(made)


def test_a_run_that_does_what_was_lost_has_not_been_in_vain(made: Several) -> None:
    """Three of four pages are done and lost, then two again; the steps of the second run end below those before."""
    made.until(JobState.SEGMENTING)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1", 0, 1, 2)
    look(made)
    made.journal.keeping.pages_lost("job1", "job1-1", made.clock.now(), "gone")
    end(made, "alpha", "job1-1", Outcome.PAUSED, Reason.WALLTIME)
    assert skipped(made.until(JobState.SEGMENTING)) == ()
    do(made, "alpha", "job1-2", 0, 1)
    end(made, "alpha", "job1-2", Outcome.PAUSED, Reason.WALLTIME)
    look(made, 2)
    job = made.until(JobState.SEGMENTING, most=3)
    assert [run.walltime for run in job.runs] == [8 * HOURS] * 3
    assert [run.step for run in job.runs] == [3, 2, 0]


def test_runs_that_do_no_page_do_not_go_on_for_ever(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0)
    look(made)
    end(made, "alpha", "job1-1", Outcome.PAUSED, Reason.WALLTIME)
    made.until(JobState.SEGMENTING)
    made.fakes["alpha"].begin("job1-2", Progress(at=1.0, phase=Phase.PREPARING, step=1, steps_per_epoch=PAGES))
    end(made, "alpha", "job1-2", Outcome.PAUSED, Reason.WALLTIME)
    assert "before a single step is done" in made.until(JobState.FAILED, most=4).error


def test_runs_that_only_leave_out_what_another_may_do_do_not_go_on_for_ever(made: Several) -> None:
    for number in (1, 2):
        made.until(JobState.SEGMENTING)
        do(made, "alpha", f"job1-{number}", 0, 1, faults=dict.fromkeys((0, 1), PageFault.OUT_OF_MEMORY))
        look(made)
        end(made, "alpha", f"job1-{number}", Outcome.PAUSED, Reason.WALLTIME)
    assert "before a single step is done" in made.until(JobState.FAILED, most=4).error


def test_runs_that_are_taken_away_after_pages_that_were_lost_have_not_been_in_vain(made: Several) -> None:
    for number in range(1, MOST_IN_VAIN + 1):
        made.until(JobState.SEGMENTING)
        made.stagings["alpha"].instantly = False  # so that nothing comes home
        do(made, "alpha", f"job1-{number}", *range(max(1, PAGES - number)))
        look(made)
        made.journal.keeping.pages_lost("job1", f"job1-{number}", made.clock.now(), "gone")
        end(made, "alpha", f"job1-{number}", Outcome.PAUSED, Reason.PREEMPTED)
        look(made)
    job = made.until(JobState.SEGMENTING, most=4)
    assert [run.step for run in job.runs] == [3, 2, 1, 1, 1, 0]


def test_a_run_that_is_handed_over_again_keeps_its_pages(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0, 1)
    look(made)
    made.fakes["alpha"].lose("job1-1")
    made.clock.pass_(60)
    look(made)
    assert made.fakes["alpha"].runs["job1-1"].deliveries == 2
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    made.until(JobState.DONE)
    assert files(made) == complete(made)


def test_memory_that_ran_out_leads_to_a_larger_shape_and_never_to_less_of_the_same(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0)
    end(made, "alpha", "job1-1", Outcome.FAILED, Reason.OUT_OF_MEMORY)
    job = made.until(JobState.FAILED, most=4)
    assert len(job.runs) == 1, "no site has more memory"
