"""What the report says of pages that were segmented or transcribed."""

from pathlib import Path
from typing import Any

import pytest

from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal.tables import JobRow, RunRow
from armarius.client.pageresults import PagesTold, ResultPage
from armarius.client.report import render_report
from armarius.functions.contracts import (
    Blob,
    Outcome,
    PageFault,
    PageParameters,
    PagesReport,
    Phase,
    Progress,
    Reason,
    RunSpec,
    SegmentationParameters,
    Task,
    Usage,
)
from support.jobs import DATASET, SHAPE, START, VERSIONS, event, job, request

READER = Blob(sha256="a" * 64, size=4_000_000, name="hands.mlmodel")
EVIL = "<script>alert(1)</script>\u202e"


def page(name: str, fault: PageFault | None = None, **fields: Any) -> ResultPage:
    given: dict[str, Any] = {"lines": 30, "regions": 2, "characters": 1200, "confidence": 0.93, "seconds": 12.0}
    if fault is not None:
        given = {"fault": fault, "message": "No line was found on it."}
    return ResultPage(name=name, image=Path(f"{name}.png"), sha256="b" * 64, site="alpha", **{**given, **fields})


def run(report: bool = True, outcome: Outcome = Outcome.FINISHED, reason: Reason | None = None) -> RunRow:
    spec = RunSpec(
        run_id="job1-1", task=Task.TRANSCRIBE, dataset=DATASET, model=READER, pages=PageParameters(formats=("alto",))
    )
    told = PagesReport(
        run_id="job1-1", task=Task.TRANSCRIBE, outcome=outcome, reason=reason, message="", started=START,
        ended=START + 90, versions=VERSIONS, usage=Usage(seconds=90.0), host="node07",
    )  # fmt: skip
    return RunRow(
        id="job1-1", job_id="job1", number=1, site="alpha", created=START, spec_json=spec.model_dump(mode="json"),
        shape_json=SHAPE.model_dump(mode="json"), walltime=600.0, step=2,
        report_json=told.model_dump(mode="json") if report else None,
    )  # fmt: skip


def read(rows: list[RunRow], **fields: Any) -> JobRow:
    wish = request(JobKind.TRANSCRIBE, name="letters", model=READER, pages=PageParameters())
    return job(rows, wish=wish, **fields)


TOLD = PagesTold(3, (page("f1"), page("f2", PageFault.NO_LINES), page("f3", characters=400, confidence=0.53)),
                 (("torn.png", "is damaged or cut off."),))  # fmt: skip


def test_done(read_page: Any) -> None:
    found = read_page(render_report(read([run()]), [], told=TOLD))
    assert "Transcription of pages" in found.text
    assert "Transcribed 2 of 4 pages in 1 min 30 s on alpha: 60 lines, 1 600 characters." in found.text
    assert "mean confidence 83.0 %" in found.text
    assert "2 left out" in found.text
    assert "torn.png is damaged or cut off. f2 No line was found on it." in found.text
    assert "hands.mlmodel" in found.text
    assert "blla, which kraken brings along" in found.text
    for not_here in ("Learning curve", "Best epoch", "Resumed from", "There is no measurement", "scratch"):
        assert not_here not in found.text


def test_segmented(read_page: Any) -> None:
    wish = request(JobKind.SEGMENT, pages=PageParameters(), parameters=SegmentationParameters())
    pages = PagesTold(1, (page("f1", characters=0, confidence=None),))
    found = read_page(render_report(job([], wish=wish), [], told=pages))
    assert "Segmentation of pages" in found.text
    assert "Characters" not in found.text
    assert "none left out" in found.text


def test_under_way(read_page: Any) -> None:
    line = Progress(at=START + 30, phase=Phase.READING, step=2, steps_per_epoch=3, seconds_left=60)
    row = read([run(report=False)], state=JobState.TRANSCRIBING, events=[event(JobState.TRANSCRIBING, 3)])
    told = PagesTold(3, (page("f1"), page("f2", PageFault.NO_LINES)))
    found = read_page(render_report(row, [line], told=told))
    assert "Transcribing on alpha: 2 of 3 pages done, about 1 min left, ends about" in found.text


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (Reason.BAD_MODEL, "Check the model that the message names"),
        (Reason.OUT_OF_MEMORY, "Add a shape with more memory"),
        (Reason.NODE_LOST, "pages that are done are not done again"),
    ],
)
def test_failed(read_page: Any, reason: Reason, advice: str) -> None:
    row = read([run(outcome=Outcome.FAILED, reason=reason)], state=JobState.FAILED, error="It went wrong.")
    found = read_page(render_report(row, [], told=PagesTold(3, (page("f1"),))))
    assert "Failed on alpha after 1 of 3 pages." in found.text
    assert "It went wrong." in found.text
    assert advice in found.text
    assert "rain" not in found.text.replace("brain", ""), "nothing of trainings"


def test_where_the_packed_pages_are_gone_it_says_no_more_than_it_knows(read_page: Any) -> None:
    row = read([run(outcome=Outcome.FAILED)], state=JobState.FAILED, error="It went wrong.")
    assert "before a page was done" in read_page(render_report(row, [])).text


def test_what_pages_are_called_does_no_harm(read_page: Any) -> None:
    told = PagesTold(2, (page(EVIL), page("f2", PageFault.NOT_UNDERSTOOD, message=EVIL)), ((EVIL, EVIL),))
    source = render_report(read([run()]), [], told=told)
    assert "<script" not in source
    assert "\u202e" not in source
    read_page(source)


def test_many_pages_are_folded(read_page: Any) -> None:
    told = PagesTold(40, tuple(page(f"f{n}", PageFault.BAD_IMAGE if n % 2 else None) for n in range(40)))
    found = read_page(render_report(read([run()]), [], told=told))
    assert "8 more pages" in found.text
    assert [each for each in found.named("details") if "open" in each] == []
