"""Synthetic pages: enough like a manuscript for a small network to learn them in minutes, and nobody's property.

Every file name and every file's metadata says "synthetic". The text is Latin words in random order; the letters are
those of the font that Pillow brings along, slanted, tilted, in varying ink on spotted paper.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinja2 import Environment, StrictUndefined
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from armarius.functions.contracts import Point, Polygon
from armarius.functions.files import replacing, write_bytes

_WORDS = """
abbas amen anno aqua arbor bonus campus cantus carta cella codex corpus crux deus dies dominus domus donum
ecclesia ego est et fides filius fons frater gloria gratia hic homo honor hora in ita lapis laus lex liber
lumen lux magnus mater mensa miles mons mors mundus nomen non nox opus ora panis pater pax porta quod regnum
rex rosa sanctus silva sol stella sub summa tempus terra una verbum via vinum virtus vita vox zelus
"""
WORDS = tuple(_WORDS.split())
CAPITALS = "adeps"
"""Only words that begin with one of these ever take a capital: a small alphabet is learnt sooner."""
LINES = 20
SIZE = (460, 1200)
LEFT, TOP, SPACING = 50, 80, 55
LONGEST = 340
"""Length of a line, in pixels; all of these too."""
LETTERS = 28
ASCENT, DESCENT, ASIDE = 30, 12, 6
"""How far a line's outline reaches above its baseline, below it, and to both sides."""


@dataclass(frozen=True)
class DemoLine:
    """A line as it is drawn."""

    text: str
    baseline: Polygon
    boundary: Polygon


@dataclass(frozen=True)
class DemoPage:
    """A page as it is drawn: the name of its image, its size in pixels, its lines and the outline around them."""

    image: str
    width: int
    height: int
    lines: tuple[DemoLine, ...]
    region: Polygon


def _commas(points: Polygon) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


_TEMPLATES = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_TEMPLATES.filters["points"] = _commas

_ALTO = _TEMPLATES.from_string(
    """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">
  <Description>
    <MeasurementUnit>pixel</MeasurementUnit>
    <sourceImageInformation><fileName>{{ page.image }}</fileName></sourceImageInformation>
    <Processing ID="made">
      <processingStepDescription>synthetic page, drawn by Armarius</processingStepDescription>
    </Processing>
  </Description>
  <Tags><OtherTag ID="T1" LABEL="MainZone"/><OtherTag ID="T2" LABEL="DefaultLine"/></Tags>
  <Layout>
    <Page ID="page" PHYSICAL_IMG_NR="1" WIDTH="{{ page.width }}" HEIGHT="{{ page.height }}">
      <PrintSpace HPOS="0" VPOS="0" WIDTH="{{ page.width }}" HEIGHT="{{ page.height }}">
        <TextBlock ID="region" TAGREFS="T1">
          <Shape><Polygon POINTS="{{ page.region | points }}"/></Shape>
          {% for line in page.lines %}
          <TextLine ID="line-{{ loop.index }}" TAGREFS="T2" BASELINE="{{ line.baseline | points }}">
            <Shape><Polygon POINTS="{{ line.boundary | points }}"/></Shape>
            <String CONTENT="{{ line.text }}"/>
          </TextLine>
          {% endfor %}
        </TextBlock>
      </PrintSpace>
    </Page>
  </Layout>
</alto>
"""
)

_PAGE = _TEMPLATES.from_string(
    """<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">
  <Metadata>
    <Creator>Armarius</Creator><Created>2026-01-01T00:00:00</Created><LastChange>2026-01-01T00:00:00</LastChange>
    <Comments>synthetic page, drawn by Armarius</Comments>
  </Metadata>
  <Page imageFilename="{{ page.image }}" imageWidth="{{ page.width }}" imageHeight="{{ page.height }}">
    <TextRegion id="region" custom="structure {type:MainZone;}">
      <Coords points="{{ page.region | points }}"/>
      {% for line in page.lines %}
      <TextLine id="line-{{ loop.index }}" custom="structure {type:DefaultLine;}">
        <Coords points="{{ line.boundary | points }}"/>
        <Baseline points="{{ line.baseline | points }}"/>
        <TextEquiv><Unicode>{{ line.text }}</Unicode></TextEquiv>
      </TextLine>
      {% endfor %}
    </TextRegion>
  </Page>
</PcGts>
"""
)


def write_demo_pages(
    folder: Path, pages: int = 6, seed: int = 0, form: Literal["alto", "page", "both"] = "both"
) -> list[Path]:
    """Draws pages and transcribes them.

    Args:
        folder: Created if it is missing; files of the same names are replaced.
        pages: How many.
        seed: Another seed gives other pages.
        form: The schema of the transcriptions; "both" takes turns.

    Returns:
        The transcriptions; each image lies beside its own.
    """
    written = []
    for number in range(pages):
        file = folder / f"synthetic-{number + 1:02}.xml"
        image, page = draw_page(f"{file.stem}.jpg", random.Random(f"{seed} {number}"))  # noqa: S311
        with replacing(folder / page.image) as path:
            image.save(path, "JPEG", quality=90, comment=b"synthetic page, drawn by Armarius")
        as_alto = form == "alto" or (form == "both" and number % 2 == 0)
        write_bytes(file, (alto_text(page) if as_alto else page_text(page)).encode())
        written.append(file)
    return written


def alto_text(page: DemoPage) -> str:
    """Returns the transcription of a page in ALTO 4."""
    return _ALTO.render(page=page)


def page_text(page: DemoPage) -> str:
    """Returns the transcription of a page in PAGE 2019."""
    return _PAGE.render(page=page)


def draw_page(name: str, chance: random.Random) -> tuple[Image.Image, DemoPage]:
    """Draws a page.

    Args:
        name: What its image will be called.
        chance: Decides everything about the page; the same state draws the same page.
    """
    font = ImageFont.load_default(LETTERS)
    image = _paper(chance)
    tilt, slant, ink = chance.uniform(-0.015, 0.015), chance.uniform(0.0, 0.25), chance.randint(20, 80)
    lines = []
    for number in range(LINES):
        text = _words(chance, font)
        hand = _Hand(
            origin=(LEFT + chance.randint(0, 20), TOP + number * SPACING + chance.randint(-3, 3)),
            tilt=tilt + chance.uniform(-0.004, 0.004),
            slant=slant + chance.uniform(-0.04, 0.04),
        )
        image.paste(ink + chance.randint(-10, 10), (0, hand.origin[1] - SPACING), hand.write(text, font))
        lines.append(hand.line(text, round(font.getlength(text))))
    width, height = SIZE
    region = ((10, 20), (width - 10, 20), (width - 10, height - 20), (10, height - 20))
    return image.filter(ImageFilter.GaussianBlur(0.6)), DemoPage(name, width, height, tuple(lines), region)


def _words(chance: random.Random, font: ImageFont.FreeTypeFont) -> str:
    """Returns as many words as a line holds."""
    text = _word(chance)
    while font.getlength(longer := f"{text} {_word(chance)}") < LONGEST:
        text = longer
    return text.rstrip(",") + chance.choice(("", "", "."))


def _word(chance: random.Random) -> str:
    if chance.random() < 0.08:
        return str(chance.randint(1, 999))
    word = chance.choice(WORDS)
    if word[0] in CAPITALS and chance.random() < 0.3:
        word = word.capitalize()
    return word + ("," if chance.random() < 0.12 else "")


def _paper(chance: random.Random) -> Image.Image:
    """Returns an empty page: broad shades from a few random pixels, and a fine grain."""
    shade, span = chance.randint(185, 225), chance.randint(10, 30)
    broad = Image.frombytes("L", (8, 16), bytes(shade + chance.randint(0, span) for _ in range(8 * 16)))
    grain = Image.frombytes("L", SIZE, chance.randbytes(SIZE[0] * SIZE[1]))
    return Image.blend(broad.resize(SIZE, Image.Resampling.BICUBIC), grain, 0.08)


@dataclass(frozen=True)
class _Hand:
    """How a line is written. Its baseline begins at ``origin``; ``tilt`` and ``slant`` are slopes.

    Upright writing has u along the line and v below it. A point (u, v) of it comes to lie at
    x = u - slant * v and y = v + tilt * x, both counted from the origin: so the baseline, v = 0, is y = tilt * x.
    """

    origin: Point
    tilt: float
    slant: float

    def place(self, u: float, v: float) -> Point:
        """Returns where a point of upright writing comes to lie on the page."""
        x = u - self.slant * v
        return round(self.origin[0] + x), round(self.origin[1] + v + self.tilt * x)

    def write(self, text: str, font: ImageFont.FreeTypeFont) -> Image.Image:
        """Returns a mask with the letters: a strip as wide as the page, its middle at the height of the origin."""
        left, base, size = self.origin[0], SPACING, (SIZE[0], 2 * SPACING)
        upright = Image.new("L", size)
        ImageDraw.Draw(upright).text((left, base), text, fill=255, font=font, anchor="ls")
        # Pillow wants the way back, from (x, y) to (u, v): v = y - tilt * x and u = x + slant * v.
        lean = self.slant * self.tilt
        along = (1 - lean, self.slant, lean * left - self.slant * base)
        down = (-self.tilt, 1.0, self.tilt * left)
        return upright.transform(size, Image.Transform.AFFINE, along + down, Image.Resampling.BICUBIC)

    def line(self, text: str, length: int) -> DemoLine:
        """Returns the transcription of a line of that length."""
        first, last = -ASIDE, length + ASIDE
        corners = ((first, -ASCENT), (last, -ASCENT), (last, DESCENT), (first, DESCENT))
        return DemoLine(
            text,
            (self.place(0, 0), self.place(length / 2, 0), self.place(length, 0)),
            tuple(self.place(u, v) for u, v in corners),
        )
