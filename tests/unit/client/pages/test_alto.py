from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from armarius.client.errors import BadTranscription
from armarius.client.pages.alto import parse_alto
from armarius.client.pages.parsed import ParsedLine, ParsedPage
from support.pages import L, alto, alto_around

FILE = Path("p 1.xml")
TAGS = (
    '<Tags><OtherTag ID="B1" LABEL="MarginZone"/><OtherTag ID="L1" LABEL="Heading"/>'
    '<OtherTag ID="G1" TYPE="language" LABEL="lat"/><LayoutTag ID="B2" TYPE="region" LABEL="Side"/></Tags>'
)


def parse(content: str) -> ParsedPage:
    return parse_alto(fromstring(content), FILE)


def block(line: str, attributes: str = "") -> str:
    return f'<TextBlock ID="b" HPOS="1" VPOS="2" WIDTH="30" HEIGHT="40" {attributes}>{line}</TextBlock>'


def line(content: str = "", attributes: str = 'BASELINE="1 2 30 4"') -> ParsedLine:
    return parse(alto_around(block(f'<TextLine ID="l" {attributes}>{content}</TextLine>'))).lines[0]


def test_reads_a_page() -> None:
    page = parse(alto("a b.png", [L("Dominus", id="l7")]))
    assert (page.image, page.size, page.warnings, page.direction) == ("a b.png", (400, 300), (), None)
    assert page.lines == (
        ParsedLine(
            "l7", ((20, 100), (300, 104)), ((20, 70), (300, 74), (300, 112), (20, 110)), "Dominus", "default", "b1"
        ),
    )


@pytest.mark.parametrize("namespace", ["http://www.loc.gov/standards/alto/ns-v2#", ""])
def test_any_namespace_says_the_same(namespace: str) -> None:
    assert parse(alto(namespace=namespace)) == parse(alto())


def test_joins_strings_blanks_and_hyphens() -> None:
    content = '<String CONTENT="in"/><SP/><String CONTENT="prin" SUBS_CONTENT="principio"/><HYP CONTENT="-"/>'
    assert line(content).text == "in prin-"


def test_a_string_without_content_is_a_blank() -> None:
    assert line('<String CONTENT="a"/><String CONTENT=""/><String CONTENT="b"/>').text == "a b"


@pytest.mark.parametrize("content", ["", "<SP/>", '<String CONTENT="  "/>', '<String CONTENT=""/>'])
def test_blank_text_is_none(content: str) -> None:
    assert line(content).text is None


def test_text_stays_as_it_is_written() -> None:
    assert line('<String CONTENT=" e&#x301;&#xE9;  ſ&#x9;x&#10;"/>').text == "e\u0301\u00e9  ſ x"


def test_a_single_number_is_a_level_baseline() -> None:
    assert line(attributes='BASELINE="77.5" HPOS="10" WIDTH="50"').baseline == ((10, 77), (60, 77))


def test_a_single_number_needs_the_lines_extent() -> None:
    page = parse(alto_around(block('<TextLine ID="l9" BASELINE="77"/>')))
    assert page.lines[0].baseline is None
    assert "line l9: its baseline cannot be read" in page.warnings[0]


def test_an_unreadable_baseline_is_a_warning() -> None:
    page = parse(alto(lines=[L(baseline="1,2 3", id="l3")]))
    assert page.lines[0].baseline is None
    assert page.warnings[0].startswith("line l3: its baseline cannot be read")


def test_without_a_shape_the_rectangle_is_the_outline() -> None:
    boxed = line(attributes='BASELINE="1 2 30 4" HPOS="1" VPOS="2" WIDTH="30" HEIGHT="9"')
    assert boxed.boundary == ((1, 2), (1, 11), (31, 11), (31, 2))
    assert line().boundary is None


def test_types_come_from_tags() -> None:
    text_line = '<TextLine ID="l" TAGREFS="G1 L1" BASELINE="1 2 30 4"/>'
    page = parse(alto_around(block(text_line, 'TAGREFS="B1 missing"'), tags=TAGS))
    assert (page.lines[0].type, page.regions[0].type) == ("Heading", "MarginZone")
    assert parse(alto_around(block("", 'TAGREFS="B1 B2"'), tags=TAGS)).regions[0].type == "Side"
    assert parse(alto_around(block(""))).regions[0].type == "text"


def test_lines_in_composed_blocks_count() -> None:
    inner = block('<TextLine ID="l" BASELINE="1 2 30 4"><String CONTENT="a"/></TextLine>')
    page = parse(alto_around(f'<ComposedBlock ID="c" HPOS="0" VPOS="0" WIDTH="50" HEIGHT="60">{inner}</ComposedBlock>'))
    assert [each.text for each in page.lines] == ["a"]
    assert [(each.id, each.type) for each in page.regions] == [("c", "composed"), ("b", "text")]


def test_a_block_without_outline_holds_no_line_to_it() -> None:
    page = parse(alto_around('<TextBlock ID="b"><TextLine ID="l" BASELINE="1 2 30 4"/></TextBlock>'))
    assert page.regions == ()
    assert page.lines[0].region is None


def test_direction() -> None:
    page = parse(alto_around(block('<TextLine ID="l" BASELINE="1 2 30 4"/>', 'BASEDIRECTION="rtl"')))
    assert page.direction == "horizontal-rl"


@pytest.mark.parametrize("unit", ["mm10", "inch1200"])
def test_refuses_other_units(unit: str) -> None:
    with pytest.raises(BadTranscription) as caught:
        parse(alto(unit=unit))
    assert "p 1.xml" in str(caught.value)
    assert unit in str(caught.value)
    assert "DPI" in str(caught.value)


def test_refuses_a_page_without_image_name() -> None:
    with pytest.raises(BadTranscription, match=r"p 1\.xml names no image"):
        parse(alto(image=" "))


@pytest.mark.parametrize(("layout", "count"), [("", "no"), ("<Page/><Page/>", "2")])
def test_refuses_no_page_and_several(layout: str, count: str) -> None:
    with pytest.raises(BadTranscription, match=rf"p 1\.xml holds {count} pages"):
        parse(f"<alto><Layout>{layout}</Layout></alto>")
