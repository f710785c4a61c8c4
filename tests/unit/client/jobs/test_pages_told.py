"""What is believed of that which sites tell of pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.jobs.advance import advance
from armarius.client.jobs.donepages import pages_of
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.pageresults import result_pages
from armarius.client.testing import do_pages
from armarius.functions.contracts import Outcome, PageParameters, Reason, SegmentationParameters
from support.page_jobs import complete, do, end, files, look, pages_on_two_sites, skipped
from support.several import Several


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with pages_on_two_sites(tmp_path) as ready:
        yield ready


def test_what_a_run_measured_is_reckoned_with(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    made.until(JobState.DONE)
    (row,) = made.journal.sites.speeds("alpha", "segment")
    assert (row.shape, row.kind) == ("small", "segment")
    assert row.seconds_per_pixel == pytest.approx(0.25 / (1800 * 1300))
    assert made.journal.sites.speeds("alpha", "segmentation") == []
    assert [run.id for run in made.journal.sites.ended_runs("alpha", "segment")] == ["job1-1"]
    assert made.journal.sites.ended_runs("alpha", "segmentation") == []
    made.create("job2", kind=JobKind.SEGMENT, pages=PageParameters(), parameters=SegmentationParameters())
    made.until(JobState.SEGMENTING, "job2")
    row2 = made.journal.sites.decision("job2-1")
    assert row2 is not None
    told = {each["site"]: each["sum"]["measured"] for each in row2.decision_json["verdicts"]}
    assert told == {"alpha": 1, "beta": 0}


def test_jobs_of_a_page_spoil_nothing_of_what_is_known_of_a_site(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0)
    end(made, "alpha", "job1-1", Outcome.PAUSED, Reason.WALLTIME)
    made.until(JobState.PLACED, most=3)
    assert made.journal.sites.speeds("alpha", "segment") == []


def test_what_a_site_tells_of_other_jobs_and_of_pages_that_there_are_not_counts_for_nothing(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1")
    run = made.fakes["alpha"].runs["job1-1"]
    first, second, *_ = (line.page for line in run.lines if line.page is not None)
    assert first is not None
    lies = (first.model_copy(update={"run_id": "job9-1"}), first.model_copy(update={"number": 1999}), second)
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, pages=lies)
    run.lines.clear()
    look(made, 4)
    job = made.journal.job("job1")
    assert "Nothing was told of 3 pages. They are done again." in [event.message for event in job.events]
    assert skipped(job) == (1,)
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-2")
    end(made, "alpha", "job1-2")
    made.until(JobState.DONE)
    assert files(made) == complete(made)


def test_what_a_site_tells_of_another_image_counts_for_nothing(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    desk = made.desk()
    advance(desk, "job1")
    first, second = do_pages(made.fakes["alpha"], made.stagings["alpha"], "job1-1", made.packed.manifest, only=(0, 1))
    lies = (first.model_copy(update={"image": "f" * 64}), second.model_copy(update={"number": 1999}))
    run = made.fakes["alpha"].runs["job1-1"]
    run.lines[:] = [line.model_copy(update={"page": page}) for line, page in zip(run.lines, lies, strict=True)]
    job = advance(desk, "job1")
    assert pages_of(made.journal, job) == {}
    assert result_pages(made.journal, job) == ()
    assert not (made.folder / "results" / "pages").exists()
