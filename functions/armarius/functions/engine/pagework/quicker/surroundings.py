"""How far the surroundings of a baseline reach, above and below."""

import math
from typing import Any

import numpy as np
import shapely
from kraken.lib import segmentation

_STEP = 10
"""Pixels between two points of a baseline at which is looked up and down."""


def calc_roi(line: Any, bounds: Any, baselines: list[Any], suppl_obj: list[Any], p_dir: Any) -> tuple[Any, Any]:
    """Returns the nearest thing above and below each tenth pixel of a baseline: a neighbour, or the page's edge.

    As ``kraken.lib.segmentation._calc_roi``, with the same calls of GEOS, but for all points at once instead of one
    after the other: kraken asks Python for the distance of each point to each that its ray meets.

    Args:
        line: The baseline, shape (n, 2).
        bounds: The size of the page, less one.
        baselines: Others, which are neighbours.
        suppl_obj: More neighbours, regions among them.
        p_dir: The direction of the line, as a unit vector.

    Returns:
        The limits above and below, as kraken's.

    Raises:
        ValueError: A ray meets nothing, or runs along something.
    """
    points = _along(line)
    above = _edge(points, (p_dir * (-1, 1))[::-1], bounds)
    below = _edge(points, (p_dir * (1, -1))[::-1], bounds)
    others = np.array([shapely.LineString(each) for each in baselines + suppl_obj], dtype=object)
    is_above = _met(points, above, others)
    rest = others[~is_above]
    upper = _outline(above, others[is_above])
    lower = _outline(below, rest[_met(points, below, rest)])
    return _nearest(points, above, upper), _nearest(points, below, lower)


def _along(line: Any) -> Any:
    whole = shapely.LineString(line)
    between = shapely.line_interpolate_point(whole, np.arange(_STEP, math.ceil(whole.length), _STEP))
    return np.concatenate((line[:1], shapely.get_coordinates(between), line[-1:]))


def _edge(points: Any, direction: Any, bounds: Any) -> Any:
    """Returns where rays leave the page, in whole pixels."""
    return np.array(
        [segmentation._ray_intersect_boundaries(point, direction, bounds + 1).astype("int") for point in points]
    )


def _met(points: Any, edge: Any, lines: Any) -> Any:
    """Tells which lines lie between points and an edge, as a whole or in part."""
    return shapely.intersects(shapely.Polygon(np.concatenate((points, edge))), lines)


def _outline(edge: Any, lines: Any) -> Any:
    """Returns the outline of an edge and of lines, one pixel around them."""
    return shapely.union_all([shapely.LineString(edge), *lines]).buffer(1).boundary


def _nearest(points: Any, edge: Any, side: Any) -> Any:
    """Returns what the ray from each point to the page's edge meets first."""
    met = shapely.intersection(shapely.linestrings(np.stack((points, edge), axis=1)), side)
    kinds = shapely.get_type_id(met)
    usual = (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT, shapely.GeometryType.GEOMETRYCOLLECTION)
    if not np.isin(kinds, usual).all() or shapely.is_empty(met).any():
        raise ValueError("A ray from the baseline meets no outline, or runs along one.")
    parts, owners = shapely.get_parts(met, return_index=True)
    starts = shapely.points(points)
    order = np.lexsort((shapely.distance(starts[owners], parts), owners))  # stable: of equals, the first
    firsts = order[np.searchsorted(owners[order], np.arange(len(points)))]
    shortest = shapely.shortest_line(starts, parts[firsts])
    return shapely.get_coordinates(shortest)[1::2].astype("uint")
