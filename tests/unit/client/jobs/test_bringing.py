"""Pages come home from every site on which a job was computed, each once, whatever happened meanwhile."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from armarius.client.driver import Driver
from armarius.client.errors import SiteUnreachable
from armarius.client.jobs import bringing
from armarius.client.jobs.advance import advance
from armarius.client.jobs.computing import MOST_IN_VAIN
from armarius.client.jobs.donepages import pages_of
from armarius.client.jobs.keeping import SELDOM
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.pageresults import result_pages
from armarius.client.pages import pack_images
from armarius.client.ports import TransferState
from armarius.client.results import write_results
from armarius.client.testing import do_pages, page_text
from armarius.functions.contracts import (
    Outcome,
    PageFault,
    PageParameters,
    Phase,
    Progress,
    Reason,
    SegmentationParameters,
    Task,
)
from support.desk import Bench
from support.scans import scans
from support.several import Several, last, queue, several

HOURS = 3600.0
PAGES = 4


def prepare(made: Bench) -> None:
    """Puts bare pages in the place of those that are transcribed."""
    made.packed = pack_images(scans(made.folder / "scans", PAGES))
    made.packed.save(made.folder / "dataset")
    made.create(kind=JobKind.SEGMENT, pages=PageParameters(), parameters=SegmentationParameters())


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha={"walltimes": ("8h",), "patience": "10m"}, beta={"walltimes": ("8h",)}) as ready:
        ready.fakes["beta"].queue = queue(2 * HOURS)  # so that all begins on alpha
        prepare(ready)
        yield ready


def do(made: Several, site: str, run: str, *only: int, **how: Any) -> None:
    do_pages(made.fakes[site], made.stagings[site], run, made.packed.manifest, only=only or None, **how)


def end(made: Several, site: str, run: str, outcome: Outcome = Outcome.FINISHED, reason: Reason | None = None) -> None:
    made.fakes[site].end(run, outcome, reason)


def look(made: Several, times: int = 1) -> JobRow:
    for _ in range(times):
        job = advance(made.desk(), "job1")
    return job


def skipped(job: JobRow) -> tuple[int, ...]:
    pages = last(job).spec.pages
    assert pages is not None
    return pages.skip


def files(made: Several) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (made.folder / "results" / "pages").iterdir()}


def complete(made: Several) -> dict[str, bytes]:
    return {f"f{each}.alto.xml": page_text(Task.SEGMENT, "alto", f"f{each}") for each in range(1, PAGES + 1)}


def die(made: Several, site: str) -> None:
    """Lets a site be silent for longer than its patience, looking at the job now and then."""
    made.fakes[site].reachable = False
    for _ in range(3):
        with suppress(SiteUnreachable):
            look(made)
        made.clock.pass_(400)


def test_pages_come_home_while_others_are_computed(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0, 2)
    assert look(made).state is JobState.SEGMENTING
    assert set(files(made)) == {"f1.alto.xml", "f3.alto.xml"}
    assert last(look(made)).step == 2


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


def test_a_page_that_somebody_corrects_meanwhile_stays_corrected(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0, 1)
    look(made)
    first, second = (made.folder / "results" / "pages" / f"f{number}.alto.xml" for number in (1, 2))
    first.write_bytes(b"corrected, and longer than it was before")
    second.write_bytes(b"x" * second.stat().st_size)
    corrected = {path.name: path.read_bytes() for path in (first, second)}
    do(made, "alpha", "job1-1")
    look(made, 2)
    end(made, "alpha", "job1-1", Outcome.PAUSED, Reason.WALLTIME)
    made.until(JobState.SEGMENTING)
    end(made, "alpha", "job1-2")
    made.until(JobState.DONE)
    assert files(made) == complete(made) | corrected


def test_a_page_that_was_corrected_is_not_done_again_when_its_site_dies(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0)
    look(made)
    (made.folder / "results" / "pages" / "f1.alto.xml").write_bytes(b"corrected")
    die(made, "alpha")
    job = made.until(JobState.SEGMENTING)
    assert (last(job).site, skipped(job)) == ("beta", (0,))


def test_a_file_that_was_deleted_at_home_is_fetched_again(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1")
    look(made)
    (made.folder / "results" / "pages" / "f2.alto.xml").unlink()
    end(made, "alpha", "job1-1")
    made.until(JobState.DONE)
    assert files(made) == complete(made)


def test_of_a_page_that_two_runs_have_done_the_newer_stays(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1", 0)
    (line,) = made.fakes["alpha"].runs["job1-1"].lines
    assert line.page is not None
    older = b"as alpha did it"
    file = line.page.files[0].model_copy(update={"sha256": hashlib.sha256(older).hexdigest(), "size": len(older)})
    told = line.model_copy(update={"page": line.page.model_copy(update={"files": (file,)})})
    made.fakes["alpha"].runs["job1-1"].lines[:] = [told]
    made.stagings["alpha"].content[file.sha256] = older
    look(made)
    die(made, "alpha")
    assert skipped(made.until(JobState.SEGMENTING)) == ()
    made.stagings["alpha"].arrive()
    assert files(made) == {"f1.alto.xml": older}
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


def test_many_files_come_in_several_transfers(made: Several, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "MOST_FILES", 3)
    made.until(JobState.SEGMENTING)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    made.until(JobState.RETURNING)
    for _ in range(6):
        made.stagings["alpha"].arrive()
        look(made)
    assert made.until(JobState.DONE).state is JobState.DONE
    assert files(made) == complete(made)


def test_where_pages_have_to_travel_they_do_so_seldom(made: Several) -> None:
    made.fakes["alpha"].pace = 5.0
    made.until(JobState.SEGMENTING)
    desk = made.desk()
    do(made, "alpha", "job1-1", 0)
    advance(desk, "job1")
    assert not (made.folder / "results" / "pages").exists()
    made.clock.pass_(SELDOM * 120)
    advance(desk, "job1")
    assert len(files(made)) == 1
    do(made, "alpha", "job1-1", 1)
    advance(desk, "job1")
    assert len(files(made)) == 1
    made.clock.pass_(SELDOM * 120)
    advance(desk, "job1")
    assert len(files(made)) == 2


def test_a_driver_that_takes_over_fetches_what_the_one_before_was_told_of(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    made.fakes["alpha"].pace = 5.0
    do(made, "alpha", "job1-1", 0)
    look(made)
    made.clock.pass_(SELDOM * 120)
    advance(made.desk("another"), "job1")
    assert set(files(made)) == {"f1.alto.xml"}


def test_a_cancelled_job_leaves_nothing_under_way(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1", 0)
    look(made)
    assert "job1-1-meanwhile" in made.stagings["alpha"].attempts
    made.journal.ask_to_cancel("job1", made.clock.now())
    made.until(JobState.CANCELLED)
    assert made.stagings["alpha"].status("job1-1-meanwhile").state is TransferState.UNKNOWN
    assert made.stagings["alpha"].attempts == {}


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


def test_what_a_run_measured_is_reckoned_with(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    made.until(JobState.DONE)
    (row,) = made.journal.sites.speeds("alpha", "segment")
    assert (row.shape, row.kind) == ("small", "segment")
    assert row.seconds_per_pixel == pytest.approx(0.25 / (1800 * 1300))
    assert made.journal.sites.speeds("alpha", "segmentation") == []
    assert [run.id for run, _ in made.journal.sites.ended_runs("alpha", "segment")] == ["job1-1"]
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


def test_results_can_be_written_again(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    job = made.until(JobState.DONE)
    before = (made.folder / "results" / "pages.json").read_bytes()
    write_results(job, made.journal)
    assert (made.folder / "results" / "pages.json").read_bytes() == before


def test_a_driver_looks_at_a_quiet_run_again_while_pages_are_not_home(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    made.stagings["alpha"].instantly = False
    desk = made.desk()
    do(made, "alpha", "job1-1", 0)
    advance(desk, "job1")
    desk.hear([last(made.journal.job("job1"))])
    assert not desk.is_quiet(last(made.journal.job("job1")))
    made.stagings["alpha"].arrive()
    advance(desk, "job1")
    desk.hear([last(made.journal.job("job1"))])
    assert desk.is_quiet(last(made.journal.job("job1")))
    Driver(desk).close()


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


def test_a_far_run_is_left_in_peace_until_pages_may_travel(made: Several) -> None:
    made.fakes["alpha"].pace = 5.0
    made.until(JobState.SEGMENTING)
    desk = made.desk()
    do(made, "alpha", "job1-1", 0)
    advance(desk, "job1")
    desk.hear([last(made.journal.job("job1"))])
    assert desk.is_quiet(last(made.journal.job("job1")))
    made.clock.pass_(SELDOM * 120)
    assert not desk.is_quiet(last(made.journal.job("job1")))


def test_what_still_moves_is_waited_for_though_its_site_says_nothing(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    made.stagings["alpha"].instantly = False
    do(made, "alpha", "job1-1")
    end(made, "alpha", "job1-1")
    made.until(JobState.RETURNING)
    made.fakes["alpha"].reachable = False
    for moved in range(1, 6):
        made.clock.pass_(400)
        made.stagings["alpha"].show(moved)
        assert look(made).state is JobState.RETURNING
    made.stagings["alpha"].arrive()
    made.until(JobState.DONE)
    assert files(made) == complete(made)
