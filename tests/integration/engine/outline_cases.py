"""Outlines as kraken computes them, beside our own; prints as JSON what was compared, and what differs."""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from kraken.lib import segmentation
from scipy.ndimage import gaussian_filter
from skimage.measure import label, regionprops

from armarius.functions.engine.pagework.quicker import put_in_place
from armarius.functions.engine.pagework.quicker.surroundings import calc_roi
from armarius.functions.engine.pagework.quicker.tracing import boundary_tracing

SIDE = 300
ROUNDS = 60


def result(of: Callable[..., Any], *given: Any) -> Any:
    """Returns what comes of a call as lists and types; "refused" where it raises."""
    try:
        found = of(*given)
    except Exception:
        return "refused"
    return [(str(each.dtype), each.tolist()) for each in (found if isinstance(found, tuple) else (found,))]


def compare(theirs: Callable[..., Any], ours: Callable[..., Any], cases: list[tuple[Any, ...]]) -> dict[str, int]:
    """Counts the cases, those that are refused by both, and those that differ."""
    pairs = [(result(theirs, *case), result(ours, *case)) for case in cases]
    return {
        "cases": len(pairs),
        "refused": sum(their == own == "refused" for their, own in pairs),
        "different": sum(their != own for their, own in pairs),
    }


def blobs(chance: np.random.Generator) -> list[tuple[Any]]:
    """Returns blobs of all sizes, with holes, at the edge of the page, and pixels that stand alone."""
    noise = gaussian_filter(chance.random((SIDE, SIDE)), chance.choice([0, 1, 3, 8]))
    return [(region,) for region in regionprops(label(noise > np.quantile(noise, chance.uniform(0.4, 0.99))))]


def lines(chance: np.random.Generator) -> list[tuple[Any, ...]]:
    """Returns baselines with neighbours, some of them crossing, upside down, at the edge or of two points alone."""
    baselines = [line(chance) for _ in range(chance.integers(1, 9))]
    region = [[10, 10], [SIDE - 20, 20], [SIDE - 30, SIDE - 10], [15, SIDE - 40], [10, 10]]
    bounds = np.array([SIDE, SIDE], dtype=float) - 1
    cases = []
    for number, points in enumerate(baselines):
        one = np.array(points, dtype=float)
        way = one[-1] - one[0]
        others = baselines[:number] + baselines[number + 1 :] + [region] * int(chance.integers(0, 2))
        cases.append((one, bounds, [], others, way / np.linalg.norm(way)))
    return cases


def line(chance: np.random.Generator) -> list[list[int]]:
    """Returns points from one side of the page to the other, wherever they lie."""
    count = int(chance.integers(2, 6))
    first, last = np.sort(chance.integers(0, SIDE, 2))
    across = np.linspace(first, last + 1, count)
    up = chance.integers(0, SIDE) + chance.integers(-8, 9, count)
    points: list[list[int]] = np.stack((across, np.clip(up, 0, SIDE - 1)), axis=1).astype(int).tolist()
    return points if chance.random() < 0.8 else points[::-1]


def main() -> None:
    """Compares both on what a seed draws; then tells what is left as it is, and what is put in place."""
    chance = np.random.default_rng(int(sys.argv[1]))
    traced = [case for _ in range(ROUNDS // 10) for case in blobs(chance)]
    around = [case for _ in range(ROUNDS) for case in lines(chance)]
    found: dict[str, Any] = {
        "tracing": compare(segmentation.boundary_tracing, boundary_tracing, traced),
        "surroundings": compare(segmentation._calc_roi, calc_roi, around),
    }
    krakens = segmentation.boundary_tracing, segmentation._calc_roi
    segmentation._calc_roi = line  # as if kraken had changed it
    found["left where it is another"] = (put_in_place(), segmentation._calc_roi is line)
    segmentation.boundary_tracing, segmentation._calc_roi = krakens
    found["left"] = put_in_place()
    found["in place"] = segmentation.boundary_tracing is boundary_tracing and segmentation._calc_roi is calc_roi
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
