from armarius.client.pages.widest import MOST, widest_line
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


def test_the_widest_line_is_scaled_to_the_height_of_the_network() -> None:
    assert widest_line(pages(SHORT, LONG), 120) == 1800
    assert widest_line(pages(SHORT), 48) == 240


def test_a_slanted_line_is_as_wide_as_a_straight_one() -> None:
    slanted = line(((0, 0), (300, 400)), ((80, -60), (380, 340), (300, 400), (0, 0)))
    assert widest_line(pages(slanted), 100) == 500


def test_only_what_is_trained_on_counts() -> None:
    assert widest_line(pages(LONG, split=Split.VALIDATION), 120) is None
    assert widest_line(pages(line(LONG.baseline, LONG.boundary, text="")), 120) is None
    assert widest_line(pages(line(LONG.baseline, None)), 120) is None


def test_a_stroke_is_no_endless_line() -> None:
    assert widest_line(pages(line(((0, 80), (500, 80)), box(0, 80, 500, 80))), 120) == MOST
    assert widest_line(pages(line(((5, 5), (5, 5)), ((5, 5), (5, 5), (5, 5)))), 120) == MOST
