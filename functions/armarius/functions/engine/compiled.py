"""A dataset in kraken's binary form, made once per site and shared by all runs on the same pages."""

import hashlib
import io
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
from kraken.lib.arrow_dataset import build_binary_dataset
from PIL import Image

from armarius.functions.cache.marks import mark
from armarius.functions.contracts import Contract, DatasetSummary, Manifest, Split
from armarius.functions.engine.pages import readable, segmentation
from armarius.functions.files import sync, write_bytes
from armarius.functions.site import Site

FORMAT = 1
"""Raise it when the same pages would be compiled to something else."""

ABANDONED = 86_400.0
"""Seconds after which an unfinished compilation belongs to nobody."""

Size = tuple[int, int]
"""Width and height of a line image in pixels."""


class Part(Contract):
    """The lines of one split.

    Attributes:
        sizes: Of each line image, in order.
        dropped: Transcribed lines that kraken could not cut out of their page.
        bytes: Length of the file.
    """

    sizes: tuple[Size, ...]
    dropped: int
    bytes: int


class Summary(Contract):
    """What a compiled dataset holds, by split; written last."""

    parts: dict[Split, Part]


@dataclass(frozen=True)
class Compiled:
    """A compiled dataset on this site.

    Attributes:
        path: Its directory.
        dataset: The digest of its manifest.
        summary: What it holds.
    """

    path: Path
    dataset: str
    summary: Summary

    def file(self, split: Split) -> Path:
        """Returns the Arrow file of a split."""
        return self.path / f"{split.value}.arrow"

    def sizes(self, split: Split) -> tuple[Size, ...]:
        """Returns the sizes of the line images of a split; none where it has no lines."""
        part = self.summary.parts.get(split)
        return part.sizes if part else ()

    def holds(self, split: Split) -> bool:
        """Tells whether there is a line in a split."""
        return bool(self.sizes(split))

    def dataset_summary(self) -> DatasetSummary:
        """Returns what the reports say of it."""
        parts = self.summary.parts
        return DatasetSummary(
            dataset=self.dataset,
            lines={split.value: len(part.sizes) for split, part in parts.items()},
            dropped=sum(part.dropped for part in parts.values()),
        )


def compiled_key(dataset: str, legacy_polygons: bool) -> str:
    """Names what a compilation depends on: the pages, the way of cutting, kraken and this module."""
    parts = (str(FORMAT), dataset, str(legacy_polygons), version("kraken"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def compile_dataset(
    site: Site, dataset: str, progress: Callable[[int, int], None], legacy_polygons: bool = False
) -> Compiled:
    """Returns the compiled dataset, compiling it if nobody has.

    It is built beside its place and renamed whole: of two runs that compile the same at once, the later throws its
    own work away.

    Args:
        site: Where the manifest and the images are.
        dataset: The digest of the manifest.
        progress: Called with the lines done and the lines in all, from time to time; may raise to stop.
        legacy_polygons: Cut lines the way old models expect.

    Raises:
        MissingData: The manifest or an image is not here; the message names the page.
        DamagedFile: One of them was not what its digest says, and is deleted.
        EngineFault: An image cannot be used.
    """
    place = site.compiled(compiled_key(dataset, legacy_polygons))
    if (ready := _ready(place, dataset)) is not None:
        mark(place, dataset)
        return ready
    manifest = site.manifest(dataset)
    _sweep(place)
    with _building(place) as directory:
        parts = _build(site, manifest, directory, progress, legacy_polygons)
        mark(directory, dataset)
        write_bytes(directory / "summary.json", Summary(parts=parts).canonical_json())
    done = _ready(place, dataset)
    if done is None:
        raise FileNotFoundError(f"{place} vanished while it was written")
    return done


def _ready(place: Path, dataset: str) -> Compiled | None:
    """Returns what is there if it is whole: scratch file systems delete old files one by one."""
    try:
        summary = Summary.model_validate_json((place / "summary.json").read_bytes())
        found = Compiled(place, dataset, summary)
        whole = all(found.file(split).stat().st_size == part.bytes for split, part in summary.parts.items())
    except (FileNotFoundError, ValueError):
        return None
    return found if whole else None


@contextmanager
def _building(place: Path) -> Iterator[Path]:
    """Gives a directory to build in; it becomes ``place`` if nobody was faster."""
    directory = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    directory.mkdir(parents=True)
    try:
        yield directory
        for file in directory.iterdir():
            sync(file)
        _publish(directory, place)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _publish(directory: Path, place: Path) -> None:
    """Renames a finished directory; a broken one in its place goes, a whole one stays."""
    if place.exists() and _ready(place, "0" * 64) is None:
        broken = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        place.rename(broken)
        shutil.rmtree(broken, ignore_errors=True)
    try:
        directory.rename(place)
    except OSError:
        if not place.exists():
            raise


def _sweep(place: Path) -> None:
    """Removes what killed compilations left long ago."""
    for old in place.parent.glob(f".{place.name}.*"):
        with suppress(FileNotFoundError):  # another run has just given it its name
            if time.time() - old.stat().st_mtime > ABANDONED:
                shutil.rmtree(old, ignore_errors=True)


def _build(
    site: Site, manifest: Manifest, directory: Path, progress: Callable[[int, int], None], legacy_polygons: bool
) -> dict[Split, Part]:
    """Writes one Arrow file per split that has lines."""
    expected = {
        split: sum(readable(line) for page in manifest.in_split(split) for line in page.lines) for split in Split
    }
    done = 0
    parts: dict[Split, Part] = {}
    for split, lines in expected.items():
        if lines:
            pages = [segmentation(site, page, manifest) for page in manifest.in_split(split)]
            target = directory / f"{split.value}.arrow"
            report = _Running(done, sum(expected.values()), progress)
            with _temporary_files_in(directory):
                build_binary_dataset(
                    files=[page for page in pages if page.lines],
                    output_file=str(target),
                    format_type=None,
                    num_workers=0,
                    callback=report,
                    legacy_polygons=legacy_polygons,
                )
            sizes = line_sizes(target)
            parts[split] = Part(sizes=sizes, dropped=lines - len(sizes), bytes=target.stat().st_size)
            done += lines
    return parts


class _Running:
    """Turns kraken's counts per record batch into counts over all splits."""

    def __init__(self, before: int, total: int, progress: Callable[[int, int], None]) -> None:
        self._done = before
        self._total = total
        self._progress = progress

    def __call__(self, chunk: int, _lines: int) -> None:
        self._done += chunk
        self._progress(self._done, self._total)


@contextmanager
def _temporary_files_in(directory: Path) -> Iterator[None]:
    """Makes kraken write its intermediate file to the site's scratch: /tmp on a compute node is often small."""
    before = tempfile.tempdir
    tempfile.tempdir = str(directory)
    try:
        yield
    finally:
        tempfile.tempdir = before


def line_sizes(arrow: Path) -> tuple[Size, ...]:
    """Returns the size of each line image of an Arrow file; only the headers of the images are read."""
    with pa.memory_map(str(arrow), "rb") as source:
        column = pa.ipc.open_file(source).read_all().column("lines")
        return tuple(Image.open(io.BytesIO(line["im"].as_py())).size for line in column)
