import hashlib
from pathlib import Path

import pytest

from armarius.functions.contracts import (
    Outcome,
    PageFault,
    PageParameters,
    PageResult,
    PagesReport,
    Reason,
    RunSpec,
    Task,
)
from armarius.functions.errors import Superseded
from armarius.functions.handover import EngineEnd
from armarius.functions.reporting import Spent, compose
from armarius.functions.rundir import RunDir

SPEC = RunSpec(run_id="job1-1", task=Task.SEGMENT, dataset="0" * 64, pages=PageParameters())


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path, "job1-1")
    run.path.mkdir()
    run.write_spec(SPEC)
    return run


def result(number: int, **fields: object) -> PageResult:
    told = {"number": number, "page": f"../{number}", "image": "0" * 64, "run_id": "job1-1", **fields}
    return PageResult.model_validate(told)


def test_a_page_is_its_files_and_then_its_record(run: RunDir) -> None:
    written = run.record_page(result(17, lines=2), {"alto": "<alto/>", "text": "ſic\n"})
    assert [file.path for file in written.files] == ["pages/000017.alto.xml", "pages/000017.txt"]
    for file in written.files:
        content = (run.path / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert run.page_results() == (written,)


def test_pages_are_told_in_their_order_and_damaged_records_count_for_nothing(run: RunDir) -> None:
    for number in (3, 1, 2):
        run.record_page(result(number), {})
    (run.pages / "000002.json").write_text('{"number": 2, "pa')
    assert [page.number for page in run.page_results()] == [1, 3]


def test_what_a_killed_engine_was_just_writing_is_swept_away(run: RunDir) -> None:
    done = run.record_page(result(0), {"text": "a\n"})
    (run.pages / ".000001.alto.12ab34cd.xml").write_text("<al")
    (run.pages / "000001.alto.xml").write_text("<alto/>")
    run.sweep_pages()
    assert {path.name for path in run.pages.iterdir()} == {"000000.txt", "000000.json", "000001.alto.xml"}
    assert run.page_results() == (done,), "a file without a record is of a page that is not done"


def test_who_was_cut_off_writes_nothing(run: RunDir) -> None:
    mine = run.seal()
    run.seal()
    with pytest.raises(Superseded):
        mine.record_page(result(0), {"text": "a"})
    with pytest.raises(Superseded):
        mine.sweep_pages()
    assert not run.pages.exists()


@pytest.mark.parametrize("outcome", [Outcome.FINISHED, Outcome.PAUSED, Outcome.FAILED, Outcome.CANCELLED])
def test_the_report_tells_of_every_page_however_the_run_ended(run: RunDir, outcome: Outcome) -> None:
    pages = (
        run.record_page(result(0), {"text": "a\n"}),
        run.record_page(result(1, fault=PageFault.NO_LINES, message="No line was found on it."), {}),
    )
    report = compose(run, SPEC, EngineEnd(outcome=outcome, reason=Reason.ASKED), Spent(1, 2, None))
    assert isinstance(report, PagesReport)
    assert report.pages == pages
    assert [page.done for page in report.pages] == [True, False]
    run.write_report(report)
    assert run.report() == report
    run.release()
    assert not run.pages.exists()
