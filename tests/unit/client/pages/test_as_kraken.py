"""Our parsers beside kraken's own, which runs in its own environment."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from armarius.client.demo_pages import write_demo_pages
from armarius.client.pages.parsed import ParsedPage
from armarius.client.pages.reading import PARSERS
from armarius.client.pages.xml import read_xml
from support.pages import alto_around, kraken_python, page_around, page_line, real_pages

pytestmark = pytest.mark.kraken

SCRIPT = """
import json, sys
from kraken.lib.xml import XMLPage

def read(name):
    page = XMLPage(name)
    return {
        "image": page.imagename.name,
        "size": page.image_size,
        "lines": [
            [
                line.id, line.baseline, line.boundary, line.text,
                (line.tags or {}).get("type", [{"type": "default"}])[0]["type"], (line.regions or [None])[0],
            ]
            for line in page.get_sorted_lines()
        ],
        "regions": [
            [region.id, region.boundary, region.tags["type"][0]["type"]] for region in page.get_sorted_regions()
        ],
    }

json.dump([read(name) for name in sys.argv[1:]], sys.stdout)
"""


def as_kraken(files: list[Path]) -> list[dict[str, Any]]:
    """Reads pages with kraken."""
    done = subprocess.run(
        [kraken_python(), "-c", SCRIPT, *files], check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    pages: list[dict[str, Any]] = json.loads(done.stdout)
    for page in pages:
        for line in page["lines"]:
            line[3] = line[3].strip() or None  # kraken strips later, when it loads the text
    return pages


def as_json(page: ParsedPage) -> dict[str, Any]:
    """Returns what we read in the same shape."""
    found = {
        "image": page.image,
        "size": page.size,
        "lines": [[x.id, x.baseline, x.boundary, x.text, x.type, x.region] for x in page.lines],
        "regions": [[x.id, x.boundary, x.type] for x in page.regions],
    }
    return json.loads(json.dumps(found))


def as_we(file: Path) -> dict[str, Any]:
    schema, root = read_xml(file)
    return as_json(PARSERS[schema](root, file))


SHAPE = '<Shape><Polygon POINTS="1 0 99 0 99 30"/></Shape>'
TAGS = (
    '<Tags><OtherTag ID="T1" LABEL="Zone"/><OtherTag ID="T2" LABEL="Line"/>'
    '<OtherTag ID="T3" TYPE="x" LABEL="y"/></Tags>'
)
BLOCK = '<TextBlock ID="b" HPOS="0" VPOS="1.5" WIDTH="99" HEIGHT="30" TAGREFS="T3 T1">{}</TextBlock>'


def alto_line(baseline: str, content: str) -> str:
    inner = f'<TextLine ID="l" TAGREFS="T3 T2" BASELINE="{baseline}">{SHAPE}{content}</TextLine>'
    return alto_around(BLOCK.format(inner), tags=TAGS)


WRITTEN = [
    alto_line("1,2 1,2 30.9,4", '<String CONTENT="in"/><SP/><String CONTENT="e&#x301;&#xE9;"/>'),
    alto_line("(1, 2) (30 4)", '<String CONTENT="a"/><String CONTENT="" /><String CONTENT="b &amp; c"/>'),
    alto_line("1 2 30 4", '<SP/><String CONTENT="a" SUBS_CONTENT="abba" SUBS_TYPE="HypPart1"/>'),
    alto_line("1 2 30 4", "").replace("ns-v4", "ns-v2"),
    page_around(page_line("<TextEquiv><Unicode>e\u0301é  ſ</Unicode></TextEquiv>")),
    page_around(
        page_line(
            '<TextEquiv index="0"><Unicode>a</Unicode></TextEquiv>'
            '<TextEquiv index="1"><Unicode>b</Unicode></TextEquiv>',
            "20,100 20,100 300,104",
            'custom="readingOrder {index:0;} structure {type:heading;}"',
        ),
        year="2013-07-15",
    ),
    page_around(page_line("<Word><TextEquiv><Unicode>alone</Unicode></TextEquiv></Word>")),
    page_around(page_line("")),
]


def test_generated_pages(tmp_path: Path) -> None:
    files = write_demo_pages(tmp_path, 2)
    for number, content in enumerate(WRITTEN):
        files.append(tmp_path / f"w{number}.xml")
        files[-1].write_text(content, encoding="utf-8")
    assert [as_we(file) for file in files] == as_kraken(files)


def test_where_we_read_more_than_kraken(tmp_path: Path) -> None:
    """Pins the differences that the parsers' docstrings admit."""
    words = "".join(f"<Word><TextEquiv><Unicode>{word}</Unicode></TextEquiv></Word>" for word in ("in", "principio"))
    later = '<TextEquiv index="1"><Unicode>b</Unicode></TextEquiv><TextEquiv index="0"><Unicode>a</Unicode></TextEquiv>'
    cases = [
        (alto_line("1 2 30 4", '<String CONTENT="prin"/><HYP CONTENT="-"/>'), "prin-", "prin"),
        (page_around(page_line(words)), "in principio", "inprincipio"),
        (page_around(page_line(later)), "a", "b"),
    ]
    files = [tmp_path / f"w{number}.xml" for number in range(len(cases))]
    for file, (content, _, _) in zip(files, cases, strict=True):
        file.write_text(content, encoding="utf-8")
    assert [as_we(file)["lines"][0][3] for file in files] == [ours for _, ours, _ in cases]
    assert [page["lines"][0][3] for page in as_kraken(files)] == [theirs for _, _, theirs in cases]


def test_real_pages() -> None:
    files = sorted(real_pages().glob("*/*/*.xml"))
    assert [as_we(file) for file in files] == as_kraken(files)
