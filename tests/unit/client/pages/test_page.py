from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from armarius.client.errors import BadTranscription
from armarius.client.pages.page import parse_page
from armarius.client.pages.parsed import ParsedLine, ParsedPage
from support.pages import page_around, page_line

FILE = Path("p 1.xml")


def parse(content: str) -> ParsedPage:
    return parse_page(fromstring(content), FILE)


def line(content: str, attributes: str = "") -> ParsedLine:
    return parse(page_around(page_line(content, attributes=attributes))).lines[0]


def equiv(text: str, attributes: str = "") -> str:
    return f"<TextEquiv {attributes}><Unicode>{text}</Unicode></TextEquiv>"


def test_reads_a_page() -> None:
    page = parse(page_around(page_line(equiv("Dominus")), image="a b.png"))
    assert (page.image, page.size, page.warnings, page.direction) == ("a b.png", (400, 300), (), None)
    outline = ((20, 70), (300, 74), (300, 112), (20, 110))
    assert page.lines == (ParsedLine("l1", ((20, 100), (300, 104)), outline, "Dominus", "default", "r1"),)
    assert [(region.id, region.type) for region in page.regions] == [("r1", "text")]


def test_the_lowest_index_counts() -> None:
    assert line(equiv("second", 'index="1"') + equiv("first", 'index="0"')).text == "first"
    assert line(equiv("only") + equiv("other")).text == "only"


def test_the_lines_own_text_counts_before_its_words() -> None:
    assert line(f"<Word>{equiv('word')}</Word>" + equiv("line")).text == "line"


def test_words_are_joined_by_blanks() -> None:
    glyphs = f"<Glyph>{equiv('c')}</Glyph><Glyph>{equiv('d')}</Glyph>"
    content = f"<Word>{equiv('ab')}</Word><Word/><Word>{glyphs}</Word>"
    assert line(content).text == "ab cd"


@pytest.mark.parametrize("content", ["", equiv(""), equiv("\n\t "), "<TextEquiv><Unicode/></TextEquiv>"])
def test_blank_text_is_none(content: str) -> None:
    assert line(content).text is None


def test_text_stays_as_it_is_written() -> None:
    assert line(equiv("\n e\u0301\u00e9  ſ\nx ")).text == "e\u0301\u00e9  ſ x"


@pytest.mark.parametrize(
    ("custom", "kind"),
    [
        ("readingOrder {index:0;} structure {type:heading;}", "heading"),
        ("structure {score:1; type: Drop Capital ;}", "Drop Capital"),
        ("structure {subtype:heading;}", "default"),
        ("structure {", "default"),
        ("structure {type:;}", "default"),
    ],
)
def test_the_type_of_a_line(custom: str, kind: str) -> None:
    assert line(equiv("a"), f'custom="{custom}"').type == kind


def test_the_type_of_a_region() -> None:
    def kind(name: str, attributes: str) -> str:
        return (
            parse(page_around(f'<{name} id="r" {attributes}><Coords points="0,0 9,0 9,9"/></{name}>')).regions[0].type
        )

    assert kind("TextRegion", 'type="marginalia" custom="structure {type:other;}"') == "marginalia"
    assert kind("TextRegion", 'custom="structure {type:MainZone;}"') == "MainZone"
    assert kind("GraphicRegion", "") == "graphic"


def test_regions_within_regions_count() -> None:
    inner = page_line(equiv("a"))
    page = parse(page_around(f'<TableRegion id="t"><Coords points="0,0 99,0 99,99"/>{inner}</TableRegion>'))
    assert [each.text for each in page.lines] == ["a"]
    assert [region.type for region in page.regions] == ["table", "text"]


def test_an_unreadable_baseline_is_a_warning() -> None:
    page = parse(page_around(page_line(equiv("a"), points="1,2 x,y")))
    assert page.lines[0].baseline is None
    assert page.warnings[0].startswith("line l1: its baseline cannot be read")


@pytest.mark.parametrize(
    ("attributes", "direction"),
    [
        ('readingDirection="right-to-left"', "horizontal-rl"),
        ('readingDirection="left-to-right"', "horizontal-lr"),
        ('readingDirection="top-to-bottom"', "vertical-rl"),
        ('readingDirection="top-to-bottom" textLineOrder="left-to-right"', "vertical-lr"),
        ("", None),
    ],
)
def test_direction(attributes: str, direction: str | None) -> None:
    assert parse(page_around("", attributes=attributes)).direction == direction


def test_refuses_a_page_without_image_name() -> None:
    with pytest.raises(BadTranscription, match=r"p 1\.xml names no image"):
        parse(page_around("", image=""))


def test_refuses_no_page() -> None:
    with pytest.raises(BadTranscription, match=r"p 1\.xml holds no pages"):
        parse("<PcGts/>")
