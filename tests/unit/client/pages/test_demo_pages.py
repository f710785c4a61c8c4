import random
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageStat

from armarius.client.demo_pages import LINES, DemoLine, DemoPage, alto_text, draw_page, page_text, write_demo_pages
from armarius.client.pages import pack
from armarius.client.pages.alto import parse_alto
from armarius.client.pages.page import parse_page

BASELINE = ((1, 2), (30, 4))
OUTLINE = ((1, 0), (30, 0), (30, 9))
XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


def written(text: str, image: str = "p.jpg") -> DemoPage:
    return DemoPage(image, 40, 30, (DemoLine(text, BASELINE, OUTLINE),), OUTLINE)


@pytest.mark.parametrize(
    ("form", "schemas"), [("alto", ["alto"] * 3), ("page", ["PcGts"] * 3), ("both", ["alto", "PcGts", "alto"])]
)
def test_writes_pages_that_pack(tmp_path: Path, form: str, schemas: list[str]) -> None:
    files = write_demo_pages(tmp_path / "demo", 3, form=form)
    assert [fromstring(file.read_bytes()).tag.rpartition("}")[2] for file in files] == schemas
    packed = pack([tmp_path / "demo"])
    assert packed.problems == ()
    assert [len(page.lines) for page in packed.manifest.pages] == [LINES] * 3
    assert all(page.regions[0].type == "MainZone" for page in packed.manifest.pages)


def test_says_that_it_is_synthetic(tmp_path: Path) -> None:
    (file,) = write_demo_pages(tmp_path, 1)
    assert "synthetic" in file.name
    assert "synthetic page" in file.read_text()
    with Image.open(file.with_suffix(".jpg")) as image:
        assert b"synthetic" in image.info["comment"]


def test_the_seed_decides(tmp_path: Path) -> None:
    ids = [pack(write_demo_pages(tmp_path / name, 2, seed)).id for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    assert ids[0] == ids[1] != ids[2]


def test_a_page_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    few, many = write_demo_pages(tmp_path / "a", 1), write_demo_pages(tmp_path / "b", 3)
    assert few[0].read_bytes() == many[0].read_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_lines_lie_where_they_are_drawn(seed: int) -> None:
    image, page = draw_page("p.jpg", random.Random(seed))
    paper = ImageStat.Stat(image).median[0]
    for line in page.lines:
        (left, base), *_, (right, _) = line.baseline
        strip = image.crop((left, base - 18, right, base))
        beyond = image.crop((right + 3, base - 18, image.width, base))
        assert ImageStat.Stat(strip).extrema[0][0] < paper - 60
        assert ImageStat.Stat(beyond).extrema[0][0] > paper - 60
        assert all(0 <= x < page.width and 0 <= y < page.height for x, y in line.boundary)


def test_the_alphabet_is_small() -> None:
    text = "".join(line.text for seed in range(6) for line in draw_page("p", random.Random(seed))[1].lines)
    assert len(set(text)) <= 45
    assert set("aeiou,. 123").issubset(text)


@given(XML_TEXT)
def test_alto_round_trip(text: str) -> None:
    line = parse_alto(fromstring(alto_text(written(text))), Path("p.xml")).lines[0]
    assert (line.text, line.baseline, line.boundary) == (text.strip(" ") or None, BASELINE, OUTLINE)


@given(XML_TEXT)
def test_page_round_trip(text: str) -> None:
    line = parse_page(fromstring(page_text(written(text))), Path("p.xml")).lines[0]
    assert (line.text, line.baseline, line.boundary) == (text.strip(" ") or None, BASELINE, OUTLINE)


@given(XML_TEXT.filter(str.strip))
def test_image_names_survive(name: str) -> None:
    assert parse_alto(fromstring(alto_text(written("a", name))), Path("p.xml")).image == name.strip()
    assert parse_page(fromstring(page_text(written("a", name))), Path("p.xml")).image == name.strip()
