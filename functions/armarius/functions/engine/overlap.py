"""How well a segmentation model finds what is there: kraken's counts per page, added up.

kraken's own sums are not used. Its frequency-weighted IU adds the classes up before it weights them, so that it can
exceed 1, and a class that is on no page and was not found counts as perfectly found.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from armarius.functions.contracts import AreaFigures, LineFigures, SegmentationMetrics, Split
from armarius.functions.engine.classes import AUXILIARY, Classes


def metrics_of(pages: Sequence[Mapping[str, Any]], classes: Classes, split: Split) -> SegmentationMetrics:
    """Returns what a test came to.

    Args:
        pages: What kraken's module counted on each page.
        classes: The outputs of the model.
        split: Which pages.
    """
    areas = _areas(pages, classes)
    there = [area for area in areas if area.iu is not None]
    pixels = sum(area.pixels for area in there)
    weighted = sum((area.iu or 0.0) * area.pixels for area in there)
    return SegmentationMetrics(
        split=split.value,
        pages=len(pages),
        mean_iu=_mean([area.iu or 0.0 for area in there]),
        freq_iu=weighted / pixels if pixels else 0.0,
        pixel_accuracy=_mean([area.pixel_accuracy for area in areas]),
        region_iu=_region_iu(pages),
        lines=_found("all", [page["bl_detection"] for page in pages]) if classes.lines else None,
        areas=areas,
        line_types=tuple(
            _found(name, [page["bl_detection_per_class"][number] for page in pages])
            for name, number in classes.lines.items()
        ),
    )


def _areas(pages: Sequence[Mapping[str, Any]], classes: Classes) -> tuple[AreaFigures, ...]:
    """Returns the figures of the classes that kraken counts in pixels, in the order in which it counts them."""
    names = {number: name for name, number in (AUXILIARY | classes.regions).items()}
    sums = {what: _added(pages, what) for what in ("intersections", "unions", "corrects", "cls_cnt")}
    whole = sum(int(page["all_n"]) for page in pages)
    return tuple(
        AreaFigures(
            name=names[number],
            auxiliary=number in AUXILIARY.values(),
            iu=sums["intersections"][place] / union if (union := sums["unions"][place]) else None,
            pixel_accuracy=sums["corrects"][place] / whole,
            pixels=sums["cls_cnt"][place],
        )
        for place, number in enumerate(sorted(names))
    )


def _added(pages: Sequence[Mapping[str, Any]], what: str) -> list[int]:
    added: list[int] = torch.stack([page[what] for page in pages]).sum(dim=0).tolist()
    return added


def _region_iu(pages: Sequence[Mapping[str, Any]]) -> float | None:
    counted = [page["regions"] for page in pages if "regions" in page]
    union = sum(int(each["unions"]) for each in counted)
    return sum(int(each["intersections"]) for each in counted) / union if union else None


def _found(name: str, pages: Sequence[Mapping[str, float]]) -> LineFigures:
    """Returns the mean over pages, as kraken takes it; pages with no such line, there or found, say nothing."""
    telling = [page for page in pages if page["num_pred"] or page["num_gt"]]
    return LineFigures(
        name=name, **{what: min(1.0, _mean([page[what] for page in telling])) for what in ("precision", "recall", "f1")}
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
