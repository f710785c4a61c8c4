"""Datasets of a simulation: manifests without images."""

import hashlib
import os
from pathlib import Path

from armarius.client.pages.packed import MANIFEST, SOURCES, PackedDataset
from armarius.client.testing.simulation.world import World
from armarius.functions.contracts import Line, Manifest, Page, PageImage, Split

LINES = 20


def written(world: World, folder: Path) -> list[tuple[str, Path]]:
    """Writes the datasets of a world, and returns the digest and the folder of each."""
    found = []
    for number, count in enumerate(world.pages):
        manifest = Manifest(pages=tuple(_page(number, page, world.datasets[number] // count) for page in range(count)))
        packed = PackedDataset(manifest, {image.sha256: Path("nowhere") for image in manifest.images()})
        packed.save(folder / f"dataset{number}")
        found.append((packed.id, folder / f"dataset{number}"))
    return found


def lend(dataset: Path, folder: Path) -> Path:
    """Lets a job have a dataset in a folder of its own, as every job has one, without another copy."""
    folder.mkdir(parents=True)
    for file in (MANIFEST, SOURCES):
        os.link(dataset / file, folder / file)
    return folder


def _page(dataset: int, number: int, size: int) -> Page:
    digest = hashlib.sha256(f"{dataset} {number}".encode()).hexdigest()
    image = PageImage(sha256=digest, size=size, name=f"{number}.png", width=2000, height=3000, format="PNG")
    lines = tuple(
        Line(id=f"l{each}", baseline=((0, 100 * each + 50), (1900, 100 * each + 50)), text="abc")
        for each in range(LINES)
    )
    return Page(name=f"p{number}", image=image, split=Split.TRAIN, lines=lines)
