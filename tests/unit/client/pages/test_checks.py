from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.errors import EmptyPage
from armarius.client.pages.checks import Checked, check, fit
from armarius.client.pages.parsed import ParsedLine, ParsedPage, ParsedRegion

FILE = Path("p 1.xml")
GOOD = ParsedLine("good", ((10, 50), (300, 50)), ((10, 20), (300, 20), (300, 60), (10, 60)), "abba")


def checked(*lines: ParsedLine, regions: tuple[ParsedRegion, ...] = (), **more: object) -> Checked:
    page = replace(ParsedPage("p1.png", (400, 300), lines, regions), **more)
    return check(FILE, page, 400, 300)


def line(name: str = "l", **changes: object) -> ParsedLine:
    return replace(GOOD, id=name, **changes)


def test_a_segmentation_learns_from_what_is_not_transcribed() -> None:
    region = ParsedRegion("r", ((0, 0), (390, 0), (390, 290)), "margin")
    page = ParsedPage("p1.png", (400, 300), (line(text=None), line("m", baseline=None)), (region,))
    result = check(FILE, page, 400, 300, "segmentation")
    assert [each.id for each in result.lines] == ["l"]
    assert [each.type for each in result.regions] == ["margin"]
    assert result.remarks == (("line", "line m is left out: it has no baseline"),)
    assert check(FILE, replace(page, lines=()), 400, 300, "segmentation").lines == ()


@pytest.mark.parametrize(
    ("lines", "said"), [((), "neither lines nor regions"), ((line(baseline=None),), "none can be used")]
)
def test_a_segmentation_learns_nothing_from_an_empty_page(lines: tuple[ParsedLine, ...], said: str) -> None:
    with pytest.raises(EmptyPage, match=said):
        check(FILE, ParsedPage("p1.png", (400, 300), lines), 400, 300, "segmentation")


def test_keeps_a_good_line() -> None:
    result = checked(GOOD)
    assert result.remarks == ()
    assert result.lines[0].model_dump() == {
        "id": "good",
        "baseline": GOOD.baseline,
        "boundary": GOOD.boundary,
        "text": "abba",
        "type": "default",
        "region": None,
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"baseline": None}, "has no baseline"),
        ({"baseline": ()}, "has no baseline"),
        ({"baseline": ((10, 50),)}, "0 pixels long"),
        ({"baseline": ((10, 50), (13, 50))}, "3 pixels long"),
        ({"baseline": ((10, 50), (405, 50))}, "its baseline lies outside the page of 400 x 300"),
        ({"baseline": ((10, -5), (300, 50))}, "its baseline lies outside"),
        ({"boundary": ((10, 20), (300, 20), (300, 900))}, "its outline lies outside"),
    ],
)
def test_leaves_a_bad_line_out_and_keeps_the_good_one(changes: dict[str, object], reason: str) -> None:
    result = checked(line("bad", **changes), GOOD)
    assert [each.id for each in result.lines] == ["good"]
    ((severity, text),) = result.remarks
    assert severity == "line"
    assert text.startswith("line bad is left out:")
    assert reason in text


def test_moves_what_is_slightly_outside_to_the_edge() -> None:
    result = checked(line(baseline=((-3, 50), (403, 302)), boundary=((-4, 0), (400, 0), (400, 300))))
    assert result.lines[0].baseline == ((0, 50), (399, 299))
    assert result.lines[0].boundary == ((0, 0), (399, 0), (399, 299))
    assert result.remarks == (("note", "1 lines reached slightly beyond the page and were moved to its edge"),)


@pytest.mark.parametrize("boundary", [(), ((1, 1), (9, 9)), ((1, 1), (5, 5), (9, 9))])
def test_an_outline_without_area_is_computed_anew(boundary: tuple[tuple[int, int], ...]) -> None:
    result = checked(line(boundary=boundary))
    assert result.lines[0].boundary is None
    assert result.remarks == (("note", "line l: its outline has no area; it is computed anew"),)


def test_lines_without_text_are_kept_and_counted() -> None:
    result = checked(GOOD, line(text=None))
    assert [each.text for each in result.lines] == ["abba", None]
    assert result.remarks == (("note", "1 of 2 lines have no text"),)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((), "holds no lines"),
        ((line(text=None), line(text=None)), "has no text in any of its 2 lines"),
        ((line(baseline=None),), "has 1 lines and none can be used (line l is left out: it has no baseline)"),
    ],
)
def test_refuses_a_page_without_a_usable_line(lines: tuple[ParsedLine, ...], says: str) -> None:
    with pytest.raises(EmptyPage) as caught:
        checked(*lines)
    assert f"p 1.xml {says}" in str(caught.value)


def test_every_line_gets_a_name_of_its_own() -> None:
    result = checked(line("a"), line("a"), line(""), line("a-2"))
    assert [each.id for each in result.lines] == ["a", "a-2", "line-3", "a-2-2"]


def test_what_the_parser_could_not_read_is_told() -> None:
    assert checked(GOOD, warnings=("line x: odd",)).remarks == (("line", "line x: odd"),)
    assert checked(GOOD, size=None).remarks[0][0] == "note"


def test_regions() -> None:
    outline = ((0, 0), (400, 0), (400, 300))
    good, bad = ParsedRegion("r", outline, "text"), ParsedRegion("far", ((0, 0), (900, 0), (9, 9)), "text")
    result = checked(line("a", region="r"), line("b", region="far"), regions=(good, bad))
    assert [(region.id, region.boundary) for region in result.regions] == [("r", ((0, 0), (399, 0), (399, 299)))]
    assert [each.region for each in result.lines] == ["r", None]
    assert "region far" in result.remarks[0][1]


@given(st.lists(st.tuples(st.integers(-20, 420), st.integers(-20, 320))).map(tuple))
def test_what_fits_lies_within(points: tuple[tuple[int, int], ...]) -> None:
    fitted = fit(points, 400, 300)
    outside = any(not (-4 <= x < 404 and -3 <= y < 303) for x, y in points)
    assert (fitted is None) == outside
    for x, y in fitted or ():
        assert 0 <= x < 400
        assert 0 <= y < 300
