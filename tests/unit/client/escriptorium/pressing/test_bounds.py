"""What comes home of a page has a bound: no site can fill the memory of the machine that writes it, or a quota."""

from pathlib import Path

import pytest

from armarius.client.errors import BadTranscription
from armarius.client.escriptorium.pressing import reading
from armarius.client.escriptorium.pressing.reading import MOST_LINES, MOST_REGIONS, read_layout, read_texts
from support import escriptorium_pages
from support.escriptorium_pages import SEGMENTED, PageLife

LINE = '<TextLine BASELINE="1 2 3 4"/>'
REGION = '<TextBlock HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9"/>'
READ_LINE = '<TextLine id="line-{}"/>'


def alto(inside: str) -> str:
    return (
        "<alto><Description><fileName>a.png</fileName></Description>"
        f'<Layout><Page WIDTH="9" HEIGHT="9"><TextBlock>{inside}</TextBlock></Page></Layout></alto>'
    )


def test_a_page_has_some_thousand_lines_at_most(tmp_path: Path) -> None:
    file = tmp_path / "page.xml"
    file.write_text(alto(LINE * MOST_LINES))
    assert len(read_layout(file).lines) == MOST_LINES
    file.write_text(alto(LINE * (MOST_LINES + 1)))
    with pytest.raises(BadTranscription, match="more lines than a page can have"):
        read_layout(file)


def test_the_same_of_regions_and_of_texts(tmp_path: Path) -> None:
    file = tmp_path / "page.xml"
    file.write_text(alto(REGION * (MOST_REGIONS + 1)))
    with pytest.raises(BadTranscription, match="more regions"):
        read_layout(file)
    file.write_text(f"<PcGts>{''.join(READ_LINE.format(number) for number in range(MOST_LINES + 1))}</PcGts>")
    with pytest.raises(BadTranscription, match="more lines"):
        read_texts(file)


@pytest.mark.parametrize(("bound", "what"), [("MOST_BYTES", "bytes"), ("MOST_MARKS", "elements")])
def test_what_is_too_large_is_not_parsed(
    tmp_path: Path, bound: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.xml"
    file.write_text("<alto> not even XML")
    monkeypatch.setattr(reading, bound, 0)
    with pytest.raises(BadTranscription, match=f"more {what}"):
        read_layout(file)


def test_a_page_with_too_many_lines_is_told_and_the_others_are_written(life: PageLife) -> None:
    pages = [life.here.part(number, ()) for number in (1, 2)]
    asked = life.press(pages)
    head, tail = SEGMENTED.split("<TextLine", 1)[0], SEGMENTED.rpartition("</TextLine>")[2]
    life.do(asked, texts={pages[0].pk: head + LINE * (MOST_LINES + 1) + tail})
    assert [page.lines.count() for page in pages] == [0, 4]
    assert "more lines than a page can have" in life.story(asked[0])


def test_no_site_fills_up_a_quota(life: PageLife, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = life.press([life.here.part(number, ()) for number in (1, 2)])
    run = life.until_read(asked[0])
    before = life.office.now()
    life.made.clock.pass_(600)
    monkeypatch.setattr(escriptorium_pages, "PAGE_SECONDS", 1e12)
    monkeypatch.setattr(life.made.clock, "pass_", lambda seconds: None)
    life.finish_pages(asked[0], run)
    life.until_written(*asked)
    costs = [life.reports(each)[0].cpu_cost for each in asked]
    (made,) = life.page_job(asked[0]).runs
    assert costs[0] == costs[1]
    assert 20 * made.shape.cpus > sum(costs) >= 10 * made.shape.cpus
    assert life.office.now() == before + 600
