from armarius.client.pages.widths import MOST, line_widths, usual_width
from armarius.functions.contracts import Line, Manifest, Page, PageImage, Polygon, Split

IMAGE = PageImage(sha256="a" * 64, size=1, width=4000, height=3000, format="JPEG")


def line(baseline: Polygon, boundary: Polygon | None, text: str | None = "abba") -> Line:
    return Line(id="l1", baseline=baseline, boundary=boundary, text=text)


def box(left: int, top: int, right: int, bottom: int) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def pages(*lines: Line, split: Split = Split.TRAIN) -> Manifest:
    return Manifest(pages=(Page(name="p1", image=IMAGE, split=split, lines=lines),))


SHORT = line(((0, 80), (500, 80)), box(0, 0, 500, 100))
LONG = line(((0, 80), (1500, 80)), box(0, 20, 1500, 120))


def test_lines_are_scaled_to_the_height_of_the_network() -> None:
    assert line_widths(pages(SHORT, LONG), 120) == [600, 1800]
    assert line_widths(pages(SHORT), 48) == [240]


def test_a_slanted_line_is_as_wide_as_a_straight_one() -> None:
    slanted = line(((0, 0), (300, 400)), ((80, -60), (380, 340), (300, 400), (0, 0)))
    assert line_widths(pages(slanted), 100) == [500]


def test_only_what_is_trained_on_counts() -> None:
    assert line_widths(pages(LONG, split=Split.VALIDATION), 120) == []
    assert line_widths(pages(line(LONG.baseline, LONG.boundary, text="")), 120) == []
    assert line_widths(pages(line(LONG.baseline, None)), 120) == []


def test_a_stroke_is_no_endless_line() -> None:
    assert line_widths(pages(line(((0, 80), (500, 80)), box(0, 80, 500, 80))), 120) == [MOST]
    assert line_widths(pages(line(((5, 5), (5, 5)), ((5, 5), (5, 5), (5, 5)))), 120) == [MOST]


def test_the_usual_width_is_that_of_lines_that_are_used() -> None:
    assert usual_width([600, 1800, MOST]) == 1200
    assert usual_width([MOST]) is None
