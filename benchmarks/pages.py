"""How many pages an hour are segmented and transcribed by plain ``kraken``, and by a run of armarius."""

import os
import resource
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from xml.etree.ElementTree import Element

import click
from common import ENVIRONMENT, Kraken, find_kraken, machine, median, print_json, say, usable_threads, warm
from defusedxml.ElementTree import parse
from PIL import Image
from processes import run, scratch

from armarius.client.demo_pages import write_demo_pages
from armarius.client.words import size
from armarius.functions.contracts import (
    Blob,
    Limits,
    Manifest,
    Outcome,
    Page,
    PageImage,
    PageParameters,
    PagesReport,
    RunSpec,
    Split,
    Task,
)
from armarius.functions.files import sha256_of, write_bytes
from armarius.functions.registered import BATCH
from armarius.functions.site import Site

IMAGES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"

Lines = tuple[tuple[str, str, str], ...]
"""Baseline, boundary and text of each."""


@dataclass(frozen=True)
class Result:
    """One way to do all pages.

    Attributes:
        seconds: From the start of the first process to the end of the last, loading of models included.
        pages_per_hour: All pages by these seconds.
        processor_seconds: Of all processes together. On a machine that others use, they say more than the others.
        memory: Peak bytes of all processes together.
    """

    seconds: float
    pages_per_hour: float
    processor_seconds: float
    memory: int

    def __str__(self) -> str:
        return (
            f"{self.seconds:8.1f} s   {self.pages_per_hour:7.1f} pages an hour   "
            f"{self.processor_seconds:8.1f} s of processor   {size(self.memory):>8}"
        )


@click.command()
@click.option(
    "--pages",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of images, searched in depth.  [default: synthetic pages]",
)
@click.option(
    "--count",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    help="Pages to do; those of the folder come again under other names.",
)
@click.option(
    "-m",
    "--model",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The model that reads.",
)
@click.option("--threads", type=click.IntRange(1), default=usable_threads, show_default="all")
@click.option("--rounds", type=click.IntRange(1), default=1, show_default=True)
@click.option("--kraken", type=click.Path(path_type=Path), default=ENVIRONMENT, show_default=".envs/kraken",
              help="The virtual environment that has kraken.")  # fmt: skip
def main(pages: Path | None, count: int, model: Path, threads: int, rounds: int, kraken: Path) -> None:
    """Segment and transcribe the same pages with kraken and with armarius, in turns, and compare pages per hour."""
    engine = find_kraken(kraken)
    where = machine(engine)
    with scratch() as folder:
        images = _images(pages, count, folder / "images")
        say(f"{count} pages of {len({sha256_of(image) for image in images})} different images")
        warm(engine, folder / "warm")
        done = [_round(number, engine, images, model, threads, folder / str(number)) for number in range(rounds)]
    ratios = [ours.pages_per_hour / theirs.pages_per_hour for theirs, ours, _ in done]
    computed = [theirs.processor_seconds / ours.processor_seconds for theirs, ours, _ in done]
    for number, (theirs, ours, different) in enumerate(done, 1):
        click.echo(f"round {number}   kraken    {theirs}\n          armarius  {ours}")
        click.echo(f"          pages with other lines or other text: {different}")
    click.echo(
        f"pages an hour, ours over theirs: {median(ratios):.2f}; for each second of processor: {median(computed):.2f}"
    )
    print_json(
        {
            "benchmark": "pages",
            "pages": count,
            "threads": threads,
            "machine": where,
            "rounds": [
                {"kraken": asdict(theirs), "armarius": asdict(ours), "different": different}
                for theirs, ours, different in done
            ],
            "median_ratio": median(ratios),
            "median_processor_ratio": median(computed),
        }
    )


def _images(folder: Path | None, count: int, target: Path) -> list[Path]:
    """Copies as many images as are wanted, each under a name of its own."""
    if folder is None:
        folder = target.with_name("drawn")
        write_demo_pages(folder, min(count, 6))
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGES)
    if not found:
        raise click.ClickException(f"{folder} holds no image.")
    target.mkdir(parents=True)
    made = []
    for number in range(count):
        source = found[number % len(found)]
        made.append(target / f"{number:04d}{source.suffix}")
        shutil.copy(source, made[-1])
    return made


def _round(
    number: int, kraken: Kraken, images: Sequence[Path], model: Path, threads: int, folder: Path
) -> tuple[Result, Result, int]:
    """Runs both; who comes first changes from round to round. Counts the pages on which they differ."""
    turns = [_kraken, _armarius] if number % 2 == 0 else [_armarius, _kraken]
    done = {turn: turn(kraken, images, model, threads, folder / turn.__name__.strip("_")) for turn in turns}
    (theirs, their_lines), (ours, our_lines) = done[_kraken], done[_armarius]
    different = sum(one != other for one, other in zip(their_lines, our_lines, strict=True))
    return theirs, ours, different


def _kraken(
    kraken: Kraken, images: Sequence[Path], model: Path, threads: int, folder: Path
) -> tuple[Result, list[Lines]]:
    """Does them with one ``kraken`` command, as a person does it by hand: it loads its models once, too."""
    work = folder / "pages"
    work.mkdir(parents=True)
    copies = [Path(shutil.copy(image, work)) for image in images]
    before = _processor_seconds()
    ran = run(
        [
            str(kraken.python.with_name("kraken")), "--device", "cpu", "--threads", str(threads), "--alto",
            "--batch-input", f"{work}/*", "--suffix", ".xml", "segment", "--baseline", "ocr", "--model",
            str(model.absolute()),
        ],
        folder,
    )  # fmt: skip
    lacking = [copy for copy in copies if not copy.with_suffix(".xml").exists()]
    if lacking:
        raise click.ClickException(f"kraken left {len(lacking)} of {len(copies)} pages undone.")
    spent = _processor_seconds() - before
    result = Result(ran.seconds, 3600 * len(images) / ran.seconds, spent, ran.memory)
    say(f"kraken    {result}")
    return result, [_lines(copy.with_suffix(".xml")) for copy in copies]


def _armarius(
    kraken: Kraken, images: Sequence[Path], model: Path, threads: int, folder: Path
) -> tuple[Result, list[Lines]]:
    """Does them as one run on a site to which they were brought, from the call of its function to its report."""
    site = Site(folder / "site", kraken.python)
    spec = RunSpec(
        run_id="pages-1",
        task=Task.TRANSCRIBE,
        dataset=_staged(site, images),
        model=_kept(site, model),
        limits=Limits(cpus=threads),
        pages=PageParameters(),
    )
    os.environ["ARMARIUS_KEY_FILE"] = str(folder / "key")
    began, before = perf_counter(), _processor_seconds()
    status = BATCH["transcribe"](spec.model_dump(mode="json"), site)
    seconds, spent = perf_counter() - began, _processor_seconds() - before
    report = PagesReport.model_validate(status["report"])
    if report.outcome is not Outcome.FINISHED or not all(page.done for page in report.pages):
        raise click.ClickException(f"The run {report.outcome.value}: {report.message}")
    result = Result(seconds, 3600 * len(images) / seconds, spent, report.usage.memory or 0)
    say(f"armarius  {result}")
    return result, [_lines(site.run(spec.run_id).path / page.files[0].path) for page in report.pages]


def _processor_seconds() -> float:
    """Returns what all processes took that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _kept(site: Site, path: Path) -> Blob:
    """Puts a file where staging would."""
    content = path.read_bytes()
    blob = Blob(sha256=sha256_of(path), size=len(content), name=path.name)
    write_bytes(site.blob(blob.sha256), content)
    return blob


def _staged(site: Site, images: Sequence[Path]) -> str:
    """Puts images and manifest where staging would, and returns the dataset's digest."""
    pages = []
    for path in images:
        with Image.open(path) as image:
            facts: dict[str, Any] = {"width": image.width, "height": image.height, "format": image.format}
        blob = PageImage.model_validate({**_kept(site, path).model_dump(), **facts})
        pages.append(Page(name=path.stem, image=blob, split=Split.TEST, lines=()))
    manifest = Manifest(pages=tuple(pages))
    write_bytes(site.blob(manifest.digest()), manifest.canonical_json())
    return manifest.digest()


def _lines(alto: Path) -> Lines:
    """Reads all that is on a page; identifiers are drawn by lot, so they do not count."""
    root = parse(alto).getroot()
    return tuple((line.get("BASELINE", ""), _boundary(line), _text(line)) for line in root.iter(f"{_ALTO}TextLine"))


def _boundary(line: Element) -> str:
    polygon = line.find(f"{_ALTO}Shape/{_ALTO}Polygon")
    return "" if polygon is None else polygon.get("POINTS", "")


def _text(line: Element) -> str:
    return "".join(" " if part.tag == f"{_ALTO}SP" else part.get("CONTENT", "") for part in line)


if __name__ == "__main__":
    main()
