"""Tiny pages drawn with Pillow, staged in a site as a client would."""

import hashlib
import io
import random
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from armarius.functions.contracts import Blob, Line, Manifest, Page, PageImage, Region, Split
from armarius.functions.files import write_bytes
from armarius.functions.site import Site

TINY_SPEC = "[1,32,0,1 Cr3,3,8 Mp2,2 S1(1x0)1,3 Lbx16]"
SMALL_SPEC = "[1,32,0,1 Cr3,3,16 Mp2,2 Cr3,3,32 Mp2,2 S1(1x0)1,3 Lbx32]"
LAYOUT_SPEC = "[1,120,0,1 Cr3,3,8,2,2 Gn4 Cr3,3,8 Gn4 Lbx8 Lby8]"
"""A segmentation network that does a step in a fraction of a second."""
WORDS = ["ab", "ba", "abba", "baba", "aab", "bba", "abab", "bb", "aa"]
LINE_HEIGHT = 44


@dataclass(frozen=True)
class Drawn:
    """A page and the bytes of its image."""

    page: Page
    image: bytes


def draw_page(
    name: str, split: Split, texts: list[str], seed: int = 0, width: int = 420, boundaries: bool = True
) -> Drawn:
    """Draws lines of text on a white page with a little noise, so that every page has its own digest."""
    chance = random.Random(f"{name}{seed}")
    height = LINE_HEIGHT * (len(texts) + 1)
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=24)
    lines = []
    for number, text in enumerate(texts):
        x, base = 12 + chance.randrange(8), LINE_HEIGHT * (number + 1)
        left, top, right, bottom = draw.textbbox((x, base), text, font=font, anchor="ls")
        draw.text((x, base), text, font=font, fill=chance.randrange(60), anchor="ls")
        box = ((left - 4, top - 5), (right + 4, top - 5), (right + 4, bottom + 7), (left - 4, bottom + 7))
        boundary = tuple((int(a), int(b)) for a, b in box)
        lines.append(
            Line(
                id=f"{name}-{number}",
                baseline=((int(left), base), (int(right), base)),
                boundary=boundary if boundaries else None,
                text=text,
            )
        )
    for _ in range(60):
        image.putpixel((chance.randrange(width), chance.randrange(height)), chance.randrange(200))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    content = stream.getvalue()
    blob = PageImage(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        name=f"{name}.png",
        width=width,
        height=height,
        format="PNG",
    )
    return Drawn(Page(name=name, image=blob, split=split, lines=tuple(lines)), content)


def texts(count: int, seed: int) -> list[str]:
    """Returns short lines of few letters, of uneven length."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.randint(1, 5))) for _ in range(count)]


def draw_pages(train: int = 24, validation: int = 6, test: int = 6) -> list[Drawn]:
    """Draws one page for each split that has lines."""
    wanted = {Split.TRAIN: train, Split.VALIDATION: validation, Split.TEST: test}
    return [
        draw_page(f"page-{split.value}", split, texts(count, number))
        for number, (split, count) in enumerate(wanted.items())
        if count
    ]


def lay_out(drawn: Drawn) -> Drawn:
    """Gives a page types: its first line is a heading, and a region holds the others; nothing is transcribed."""
    page = drawn.page
    first, *others = (line.model_copy(update={"text": None}) for line in page.lines)
    top, right, bottom = LINE_HEIGHT + 10, page.image.width - 2, page.image.height - 2
    body = Region(id="body", boundary=((2, top), (right, top), (right, bottom), (2, bottom)), type="text")
    lines = (first.model_copy(update={"type": "heading"}), *others)
    return replace(drawn, page=page.model_copy(update={"lines": lines, "regions": (body,)}))


def draw_layouts(train: int = 4, validation: int = 2, test: int = 1) -> list[Drawn]:
    """Draws pages with a layout, each with four lines."""
    wanted = [Split.TRAIN] * train + [Split.VALIDATION] * validation + [Split.TEST] * test
    return [
        lay_out(draw_page(f"leaf-{number}", split, texts(4, number), width=240)) for number, split in enumerate(wanted)
    ]


def stage(site: Site, drawn: list[Drawn]) -> str:
    """Puts images and manifest where staging would, and returns the dataset's digest."""
    for one in drawn:
        write_bytes(site.blob(one.page.image.sha256), one.image)
    manifest = Manifest(pages=tuple(one.page for one in drawn))
    write_bytes(site.blob(manifest.digest()), manifest.canonical_json())
    return manifest.digest()


def stage_file(site: Site, path: Path) -> Blob:
    """Puts any file where staging would."""
    content = path.read_bytes()
    blob = Blob(sha256=hashlib.sha256(content).hexdigest(), size=len(content), name=path.name)
    write_bytes(site.blob(blob.sha256), content)
    return blob


def write_page_xml(drawn: Drawn, folder: Path) -> Path:
    """Writes image and PAGE XML as ``ketos`` reads them, and returns the path of the XML."""
    page = drawn.page
    (folder / page.image.name).write_bytes(drawn.image)

    def points(polygon: tuple[tuple[int, int], ...]) -> str:
        return " ".join(f"{x},{y}" for x, y in polygon)

    lines = "".join(
        f'<TextLine id="{line.id}"><Coords points="{points(line.boundary or ())}"/>'
        f'<Baseline points="{points(line.baseline)}"/>'
        f"<TextEquiv><Unicode>{line.text}</Unicode></TextEquiv></TextLine>"
        for line in page.lines
    )
    size = f'imageWidth="{page.image.width}" imageHeight="{page.image.height}"'
    corners = points(((0, 0), (page.image.width, 0), (page.image.width, page.image.height), (0, page.image.height)))
    xml = folder / f"{page.name}.xml"
    xml.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">'
        f'<Page imageFilename="{page.image.name}" {size}>'
        f'<TextRegion id="region"><Coords points="{corners}"/>{lines}</TextRegion></Page></PcGts>',
        encoding="utf-8",
    )
    return xml


def write_small_pages(folder: Path, seed: int = 0) -> Path:
    """Writes three small pages in PAGE XML beside their images; another seed gives other pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(3):
        write_page_xml(draw_page(f"page-{seed}-{number}", Split.TRAIN, texts(12, seed + number)), folder)
    return folder
