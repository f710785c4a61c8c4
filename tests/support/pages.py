"""Transcriptions and images made for one test: small, exact, and wrong wherever the test wants them wrong."""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from PIL import Image

SIZE = (400, 300)
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class L:
    """A line of a transcription; None leaves the attribute or element out."""

    text: str | None = "abba"
    baseline: str | None = "20,100 300,104"
    boundary: str | None = "20,70 300,74 300,112 20,110"
    id: str = "l1"


def image_bytes(seed: int = 0, size: tuple[int, int] = SIZE, form: str = "PNG", **options: object) -> bytes:
    """Returns an image of one grey; another seed gives other bytes."""
    stream = io.BytesIO()
    Image.new("RGB", size, (seed % 256, seed // 256 % 256, 200)).save(stream, form, **options)
    return stream.getvalue()


def attribute(name: str, value: str | None) -> str:
    return "" if value is None else f" {name}={quoteattr(value)}"


def alto(
    image: str = "p1.png",
    lines: Sequence[L] = (L(),),
    size: tuple[int, int] = SIZE,
    unit: str = "pixel",
    namespace: str = "http://www.loc.gov/standards/alto/ns-v4#",
) -> str:
    """Returns an ALTO file."""
    body = "".join(
        f"<TextLine{attribute('ID', line.id)}{attribute('BASELINE', line.baseline)}>"
        + (f"<Shape><Polygon POINTS={quoteattr(line.boundary)}/></Shape>" if line.boundary is not None else "")
        + (f"<String CONTENT={quoteattr(line.text)}/>" if line.text is not None else "")
        + "</TextLine>"
        for line in lines
    )
    return alto_around(
        f'<TextBlock ID="b1" HPOS="0" VPOS="0" WIDTH="{size[0] - 1}" HEIGHT="{size[1] - 1}">{body}</TextBlock>',
        image,
        size,
        unit,
        namespace,
    )


def alto_around(
    blocks: str,
    image: str = "p1.png",
    size: tuple[int, int] = SIZE,
    unit: str = "pixel",
    namespace: str = "http://www.loc.gov/standards/alto/ns-v4#",
    tags: str = "",
) -> str:
    """Returns an ALTO file with these blocks."""
    named = image.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"<alto{attribute('xmlns', namespace or None)}><Description><MeasurementUnit>{unit}</MeasurementUnit>"
        f"<sourceImageInformation><fileName>{named}</fileName></sourceImageInformation></Description>{tags}"
        f'<Layout><Page WIDTH="{size[0]}" HEIGHT="{size[1]}"><PrintSpace>{blocks}</PrintSpace></Page></Layout></alto>'
    )


def page_around(
    regions: str,
    image: str = "p1.png",
    size: tuple[int, int] = SIZE,
    year: str = "2019-07-15",
    attributes: str = "",
) -> str:
    """Returns a PAGE file with these regions."""
    namespace = f"http://schema.primaresearch.org/PAGE/gts/pagecontent/{year}" if year else None
    return (
        f"<PcGts{attribute('xmlns', namespace)}><Page imageFilename={quoteattr(image)} "
        f'imageWidth="{size[0]}" imageHeight="{size[1]}" {attributes}>{regions}</Page></PcGts>'
    )


def page_line(content: str, points: str = "20,100 300,104", attributes: str = "") -> str:
    """Returns a region with a line that holds this besides its baseline."""
    return (
        f'<TextRegion id="r1"><Coords points="0,0 390,0 390,290 0,290"/><TextLine id="l1" {attributes}>'
        f'<Coords points="20,70 300,74 300,112 20,110"/><Baseline points="{points}"/>{content}</TextLine></TextRegion>'
    )


def write_pair(folder: Path, name: str = "p1", seed: int = 0, lines: Sequence[L] = (L(),)) -> Path:
    """Writes an ALTO file and its image, and returns the former."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(image_bytes(seed))
    file = folder / f"{name}.xml"
    file.write_text(alto(f"{name}.png", lines), encoding="utf-8")
    return file


def write_pairs(folder: Path, count: int, first: int = 1) -> list[Path]:
    """Writes good pages, each with another image."""
    return [write_pair(folder, f"p{number}", number) for number in range(first, first + count)]


def real_pages() -> Path:
    """Returns the folder of real pages, or skips the test."""
    folder = Path(os.environ.get("ARMARIUS_PAGES") or REPOSITORY.parent / "shared" / "data")
    if not any(folder.glob("*/train/*.xml")):
        pytest.skip("no real pages: set ARMARIUS_PAGES to a folder that holds NAME/train/*.xml")
    return folder


def kraken_python() -> Path:
    """Returns the interpreter that has kraken, or skips the test."""
    python = Path(os.environ.get("ARMARIUS_KRAKEN_PYTHON") or REPOSITORY / ".envs" / "kraken" / "bin" / "python")
    if not python.exists():
        pytest.skip("no kraken: run `make envs`, or set ARMARIUS_KRAKEN_PYTHON")
    return python
