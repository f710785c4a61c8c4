from typing import Any

import pytest

from armarius.functions.contracts import Split
from armarius.functions.engine.classes import Classes
from armarius.functions.engine.overlap import metrics_of

CLASSES = Classes({"default": 2}, {"text": 3, "stamp": 4})


def found(precision: float, recall: float, pred: int = 3, gt: int = 3) -> dict[str, float]:
    return {"precision": precision, "recall": recall, "f1": precision, "num_pred": pred, "num_gt": gt}


def page(lines: dict[str, float], **changes: Any) -> dict[str, Any]:
    """Counts of 100 pixels: starts and ends of lines, text, stamp."""
    counted = {
        "intersections": [1, 0, 40, 0],
        "unions": [4, 2, 50, 0],
        "corrects": [97, 98, 90, 100],
        "cls_cnt": [2, 2, 46, 0],
        "all_n": 100,
        "regions": {"intersections": 40, "unions": 50},
        "bl_detection": lines,
        "bl_detection_per_class": {2: lines},
    }
    return {**counted, **changes}


def test_areas_are_added_up_over_pages() -> None:
    metrics = metrics_of([page(found(1.0, 0.5)), page(found(0.5, 0.5), unions=[6, 2, 60, 0])], CLASSES, Split.TEST)
    starts, ends, text, stamp = metrics.areas
    assert [area.name for area in metrics.areas] == ["_start_separator", "_end_separator", "text", "stamp"]
    assert [area.auxiliary for area in metrics.areas] == [True, True, False, False]
    assert (starts.iu, ends.iu, text.iu) == (pytest.approx(0.2), 0.0, pytest.approx(80 / 110))
    assert text.pixel_accuracy == pytest.approx(0.9)
    assert stamp.iu is None, "what is nowhere says nothing"
    assert metrics.mean_iu == pytest.approx((0.2 + 0 + 80 / 110) / 3)
    assert metrics.freq_iu == pytest.approx((0.2 * 4 + 80 / 110 * 92) / 100)
    assert metrics.region_iu == pytest.approx(0.8)
    assert (metrics.pages, metrics.split) == (2, "test")


def test_lines_are_a_mean_over_the_pages_that_have_any() -> None:
    blank = page(found(1.0, 1.0, pred=0, gt=0))
    metrics = metrics_of([page(found(0.5, 0.25)), page(found(1.0, 0.75)), blank], CLASSES, Split.TEST)
    assert metrics.lines is not None
    assert (metrics.lines.precision, metrics.lines.recall) == (0.75, 0.5)
    assert [each.name for each in metrics.line_types] == ["default"]


def test_a_rounding_beyond_one_is_one() -> None:
    metrics = metrics_of([page(found(1.0000001, 1.0))], CLASSES, Split.TEST)
    assert metrics.lines is not None
    assert metrics.lines.precision == 1.0


def test_without_lines_or_regions() -> None:
    bare = page(found(0, 0), intersections=[1, 0], unions=[4, 2], corrects=[97, 98], cls_cnt=[2, 2])
    del bare["regions"]
    metrics = metrics_of([bare], Classes({}, {}), Split.VALIDATION)
    assert (metrics.lines, metrics.region_iu, metrics.line_types) == (None, None, ())
