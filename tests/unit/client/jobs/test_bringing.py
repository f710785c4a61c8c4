"""Pages come home from every site on which a job was computed, each once, and what people make of them stays."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.driver import Driver
from armarius.client.jobs import bringing
from armarius.client.jobs.advance import advance
from armarius.client.jobs.keeping import SELDOM
from armarius.client.jobs.state import JobState
from armarius.client.ports import TransferState
from armarius.client.results import write_results
from armarius.functions.contracts import Outcome, Reason
from support.page_jobs import complete, die, do, end, files, look, pages_on_two_sites, skipped
from support.several import Several, last


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with pages_on_two_sites(tmp_path) as ready:
        yield ready


def test_pages_come_home_while_others_are_computed(made: Several) -> None:
    made.until(JobState.SEGMENTING)
    do(made, "alpha", "job1-1", 0, 2)
    assert look(made).state is JobState.SEGMENTING
    assert set(files(made)) == {"f1.alto.xml", "f3.alto.xml"}
    assert last(look(made)).step == 2


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
