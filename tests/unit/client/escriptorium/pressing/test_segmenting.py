"""The button "Segment", from the press to what stands in the database."""

from typing import Any

import pytest

from armarius.client.escriptorium.record import Phase
from armarius.functions.contracts import Outcome, PageFault, PageParameters, Reason, Task
from support.escriptorium_pages import PAGE_SECONDS, REGIONS_ALONE, PageLife
from support.scans import coreml

FOUND = [
    ([[20, 60], [200, 62], [300, 62]], [[20, 30], [300, 30], [300, 75], [20, 75]], "default", "MainZone"),
    ([[510, 60], [590, 61]], [[510, 30], [590, 30], [590, 75], [510, 75]], "InterlinearLine", "MarginTextZone"),
    ([[20, 120], [300, 122]], [[20, 90], [300, 90], [300, 130], [20, 130]], "HeadingLine:title", "MainZone"),
    ([[20, 380], [300, 380]], None, "default", None),
]


def lines(part: Any) -> list[tuple[Any, Any, str, str | None]]:
    return [
        (line.baseline, line.mask, line.typology.name, line.block.typology.name if line.block else None)
        for line in part.lines.order_by("order")
    ]


def regions(part: Any) -> list[tuple[str, Any]]:
    return [(block.typology.name if block.typology else "", block.box) for block in part.blocks.order_by("order")]


def test_a_page_is_segmented_as_upstream_does(life: PageLife) -> None:
    part = life.here.part(1, (), max_avg_confidence=0.5)
    part.blocks.all().delete()
    (asked,) = life.press([part])
    run = life.until_read(asked)
    assert life.again(part).workflow_state == 5
    spec = life.made.site.runs[run].spec
    assert (spec.task, spec.model) == (Task.SEGMENT, None)
    assert spec.pages == PageParameters(text_direction="horizontal-lr", formats=("alto",))
    life.finish_pages(asked, run, gpu_seconds=120)
    life.until_written(asked)
    assert lines(part) == FOUND
    assert [line.order for line in part.lines.order_by("order")] == [0, 1, 2, 3]
    assert {line.external_id[:9] for line in part.lines.all()} == {"eSc_line_"}
    assert regions(part) == [
        ("MainZone", [[0, 0], [400, 0], [400, 300], [0, 300]]),
        ("MarginTextZone", [[500, 0], [600, 0], [600, 300], [500, 300]]),
        ("MarginTextZone", [[500, 320], [600, 320], [600, 400], [500, 400]]),
    ]
    assert {block.external_id[:14] for block in part.blocks.all()} == {"eSc_textblock_"}
    after = life.again(part)
    assert (after.workflow_state, after.max_avg_confidence) == (6, 0.5)
    assert life.part_events() == [(part.pk, "segment", "done", False), (part.pk, "segment", "done", True)]
    assert life.notified() == [("success", "Segmentation done!")]
    assert [event["id"] for event in life.heard if "text" in event] == ["segmentation-success"]
    (report,) = life.reports(asked)
    assert (report.workflow_state, report.cpu_cost, report.gpu_cost) == (3, PAGE_SECONDS / 60, 4.0)
    assert report.done_at is not None
    assert "4 lines and 3 regions were found on alpha, and written." in report.messages
    assert (life.pressed(asked).phase, life.pressed(asked).outcome) == (Phase.ENDED, "done")


def test_types_are_made_once_and_taken_by_their_names(life: PageLife) -> None:
    known = life.here.models.LineType.objects.create(name="InterlinearLine")
    life.here.document.valid_line_types.add(known)
    life.here.models.BlockType.objects.create(name="MainZone")  # of another document
    parts = [life.here.part(number, ()) for number in (1, 2)]
    life.do(life.press(parts))
    assert {line.typology for part in parts for line in part.lines.filter(baseline__0__0=510)} == {known}
    names = [each.name for each in life.here.document.valid_line_types.order_by("pk")]
    assert names == ["InterlinearLine", "default", "HeadingLine:title"]
    assert [each.name for each in life.here.document.valid_block_types.all()] == ["MainZone", "MarginTextZone"]
    assert life.here.models.BlockType.objects.filter(name="MainZone").count() == 2


@pytest.mark.parametrize(
    ("steps", "override", "found_lines", "found_regions", "own_lines", "own_regions"),
    [
        ("both", True, 4, 3, 0, 0),
        ("both", False, 4, 3, 2, 1),
        ("lines", True, 4, 0, 0, 1),
        ("lines", False, 4, 0, 2, 1),
        ("regions", True, 0, 3, 2, 0),
        ("regions", False, 0, 3, 2, 1),
    ],
)
def test_what_is_there_goes_or_stays(
    life: PageLife, steps: str, override: bool, found_lines: int, found_regions: int, own_lines: int, own_regions: int
) -> None:
    part = life.here.part(1)
    own = set(part.lines.values_list("pk", flat=True)), set(part.blocks.values_list("pk", flat=True))
    life.do(life.press([part], steps=steps, override=override))
    after = set(part.lines.values_list("pk", flat=True)), set(part.blocks.values_list("pk", flat=True))
    assert [len(after[0] & own[0]), len(after[1] & own[1])] == [own_lines, own_regions]
    assert [len(after[0] - own[0]), len(after[1] - own[1])] == [found_lines, found_regions]
    texts = life.here.models.LineTranscription.objects.filter(line__document_part=part).count()
    assert texts == own_lines  # eScriptorium loses the texts of lines that go


def test_new_lines_belong_to_the_regions_that_are_there(life: PageLife) -> None:
    part = life.here.part(1, ())
    (own,) = part.blocks.all()
    life.do(life.press([part], steps="lines"))
    held = {tuple(line.baseline[0]): line.block for line in part.lines.all()}
    assert held[20, 60] == own
    assert held[510, 60] is None  # the page is 320 pixels wide: beyond the region that was drawn


def test_lines_are_ordered_by_escriptorium_itself(life: PageLife) -> None:
    life.here.document.read_direction = "rtl"
    life.here.document.save()
    part = life.here.part(1, ())
    life.do(life.press([part], text_direction="horizontal-rl"))
    assert [line.baseline[0] for line in part.lines.order_by("order")] == [[510, 60], [20, 60], [20, 120], [20, 380]]
    (run,) = life.made.site.runs.values()
    assert run.spec.pages is not None
    assert run.spec.pages.text_direction == "horizontal-rl"


def test_nothing_above_a_page_is_stirred_up(life: PageLife) -> None:
    """eScriptorium saves page, document and project with each line, but not from its tasks."""
    part = life.here.part(1, ())
    before = type(life.here.document).objects.get(pk=life.here.document.pk).updated_at
    life.do(life.press([part]))
    assert type(life.here.document).objects.get(pk=life.here.document.pk).updated_at == before


def test_a_model_of_ones_own_finds_the_lines(life: PageLife) -> None:
    weights = coreml(life.made.folder / "finder.mlmodel", "segmentation").read_bytes()
    model = life.here.model("Layout", weights, job=1)
    life.do(life.press([life.here.part(1, ())], model_pk=model.pk))
    (run,) = life.made.site.runs.values()
    assert run.spec.pages is not None
    assert not isinstance(run.spec.pages.segmentation, str)
    assert run.spec.pages.segmentation.name == model.file.name.rpartition("/")[2]


def test_a_model_that_is_gone_is_krakens_own_as_upstream(life: PageLife) -> None:
    life.do(life.press([life.here.part(1, ())], model_pk=4711))
    (run,) = life.made.site.runs.values()
    assert run.spec.pages is not None
    assert run.spec.pages.segmentation == "blla"


def test_a_blank_page_is_done(life: PageLife) -> None:
    part = life.here.part(1)
    asked = life.press([part], override=True)
    life.do(asked, faults={part.pk: PageFault.NO_LINES})
    assert (part.lines.count(), part.blocks.count(), life.again(part).workflow_state) == (0, 0, 6)
    assert life.notified() == [("success", "Segmentation done!")]
    assert [report.workflow_state for report in life.reports(asked[0])] == [3]


def test_regions_without_lines_are_written(life: PageLife) -> None:
    part = life.here.part(1, ())
    life.do(life.press([part], steps="regions", override=True), texts={part.pk: REGIONS_ALONE})
    assert [name for name, _ in regions(part)] == ["MainZone", "MarginTextZone", "MarginTextZone"]


def test_a_page_left_out_is_told_and_the_others_are_written(life: PageLife) -> None:
    parts = [life.here.part(number, ()) for number in (1, 2, 3)]
    (life.here.media / parts[1].image.name).write_bytes(b"no image")
    asked = life.press(parts)
    life.do(asked, faults={parts[2].pk: PageFault.TOO_SLOW})
    assert [part.lines.count() for part in parts] == [4, 0, 0]
    assert [life.again(part).workflow_state for part in parts] == [6, 2, 2]
    assert [life.reports(each)[0].workflow_state for each in asked] == [3, 2, 2]
    assert "f2.png has an image" in life.reports(asked[1])[0].messages
    assert "f3.png was left out: A fake site left it out (too_slow)." in life.reports(asked[2])[0].messages
    heard = life.part_events()
    for part, words in zip(parts, (("done", "done"), ("canceled", "error"), ("canceled", "error")), strict=True):
        assert [(status, late) for pk, _, status, late in heard if pk == part.pk] == [
            (words[0], False),
            (words[1], True),
        ]
    (good, _), (bad, said) = life.notified()
    assert (good, bad) == ("success", "danger")
    assert said.startswith("Something went wrong during the segmentation! f2.png has an image")
    (event,) = [event for event in life.heard if event.get("level") == "danger"]
    assert (event["id"], event["links"][0]["text"]) == ("segmentation-error", "Report")


def test_a_job_that_failed_is_told_on_all_pages(life: PageLife) -> None:
    parts = [life.here.part(number, ()) for number in (1, 2)]
    asked = life.press(parts, model_pk=life.here.model("Broken", b"nonsense", job=1).pk)
    life.until_written(*asked)
    assert [life.reports(each)[0].workflow_state for each in asked] == [2, 2]
    ((level, said),) = life.notified()
    assert level == "danger"
    assert said.count("The model is damaged") == 1  # the same reason is not said twice
    assert str(life.here.media) not in said
    assert [life.again(part).workflow_state for part in parts] == [2, 2]
    assert life.made.site.runs == {}


def test_a_run_that_failed_is_told_on_all_pages_that_it_did_not_do(life: PageLife) -> None:
    """What was done comes home however a job ends, and is written."""
    parts = [life.here.part(number, ()) for number in (1, 2, 3)]
    asked = life.press(parts)
    life.do(asked, only=[parts[0].pk], outcome=Outcome.FAILED, reason=Reason.BAD_MODEL, gpu_seconds=90)
    assert [part.lines.count() for part in parts] == [4, 0, 0]
    assert [life.reports(each)[0].workflow_state for each in asked] == [3, 2, 2]
    assert [life.reports(each)[0].gpu_cost for each in asked] == [3.0, None, None]
    (good, _), (bad, said) = life.notified()
    assert (good, bad) == ("success", "danger")
    error = life.page_job(asked[0]).error
    assert error
    assert said.count(error) == 1  # the same reason is not said twice


def test_a_run_that_did_nothing_is_told_on_all_pages(life: PageLife) -> None:
    parts = [life.here.part(number, ()) for number in (1, 2)]
    asked = life.press(parts)
    life.do(asked, only=[], outcome=Outcome.FAILED, reason=Reason.BAD_MODEL, gpu_seconds=90)
    assert [part.lines.count() for part in parts] == [0, 0]
    assert [life.reports(each)[0].gpu_cost for each in asked] == [3.0, None]
    assert [level for level, _ in life.notified()] == ["danger"]


def test_a_page_deleted_meanwhile_is_passed_over(life: PageLife) -> None:
    parts = [life.here.part(number, ()) for number in (1, 2)]
    asked = life.press(parts)
    run = life.until_read(asked[0])
    life.finish_pages(asked[0], run)
    parts[0].delete()
    life.until_written(*asked)
    assert parts[1].lines.count() == 4
    assert [level for level, _ in life.notified()] == ["success"]


def test_several_pages_of_one_task_end_together(life: PageLife) -> None:
    """Where the admin of eScriptorium has set ``page_batch_segmentation``."""
    parts = [life.here.part(number, ()) for number in (1, 2, 3)]
    (asked,) = life.press(parts, each=3)
    life.do([asked], faults={parts[1].pk: PageFault.TOO_SLOW}, gpu_seconds=60)
    assert [part.lines.count() for part in parts] == [4, 0, 4]
    assert [report.workflow_state for report in life.reports(asked)] == [3, 2, 3]
    assert [report.gpu_cost for report in life.reports(asked)] == [1.0, None, 1.0]
    assert {status for _, _, status, late in life.part_events() if late} == {"error"}


def test_without_reports_pages_are_written_all_the_same(life: PageLife) -> None:
    part = life.here.part(1, ())
    asked = life.press([part], user_pk=None)
    life.here.reports.all().delete()
    life.do(asked)
    assert part.lines.count() == 4
    assert life.notified() == []
