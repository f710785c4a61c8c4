"""A site of small files: what a client sends, what a run compiles, and what must be there."""

import os
import time
from pathlib import Path
from typing import Any

from armarius.functions.cache.marks import mark
from armarius.functions.contracts import Line, Manifest, Page, PageImage, RunSpec, Split, Task
from armarius.functions.files import write_bytes
from armarius.functions.rundir import RunDir
from armarius.functions.runneeds import HELD_SECONDS
from armarius.functions.site import Site

PAGE = b"p" * 200
LINES = b"l" * 300


def sha(number: int) -> str:
    return f"{number:064x}"


def manifest_of(*images: int) -> Manifest:
    line = Line(id="l", baseline=((0, 0), (1, 0)), text="a")
    return Manifest(
        pages=tuple(
            Page(
                name=str(number),
                image=PageImage(sha256=sha(number), size=len(PAGE), width=1, height=1, format="PNG"),
                split=Split.TRAIN,
                lines=(line,),
            )
            for number in images
        )
    )


class Store:
    """A site, and what is done to it."""

    def __init__(self, root: Path, limit: int) -> None:
        self.site = Site(root, cache=limit)
        for name in ("blobs", "compiled", "runs", "inbox"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def files(self, manifest: Manifest) -> dict[str, bytes]:
        return {manifest.digest(): manifest.canonical_json()} | {image.sha256: PAGE for image in manifest.images()}

    def missing(self, manifest: Manifest) -> list[str]:
        return [digest for digest in self.files(manifest) if not self.site.blob(digest).is_file()]

    def send(self, manifest: Manifest, age: float = 0) -> str:
        for digest in self.missing(manifest):
            write_bytes(self.site.blob(digest), self.files(manifest)[digest])
        if age:
            for digest in self.files(manifest):
                os.utime(self.site.blob(digest), (time.time() - age,) * 2)
        return manifest.digest()

    def begin(self, name: str, dataset: str, task: Task = Task.TRAIN, **asked: Any) -> tuple[RunDir, int]:
        run = self.site.run(name)
        lock = run.acquire()
        run.write_spec(RunSpec(run_id=name, task=task, dataset=dataset, **asked))
        return run, lock

    def compiled(self, dataset: str) -> Path:
        return self.site.compiled(f"key-{dataset[:8]}")

    def compile(self, dataset: str, age: float = 0) -> Path:
        """Builds beside the place and renames, as the engine does."""
        place = self.compiled(dataset)
        if not place.exists():
            building = place.with_name(f".{place.name}.building")
            building.mkdir()
            for name in ("train.arrow", "summary.json"):
                (building / name).write_bytes(LINES)
            mark(building, dataset)
            building.rename(place)
        mark(place, dataset)
        if age:
            os.utime(place / "used", (time.time() - age,) * 2)
        return place

    def forget(self, run: RunDir) -> None:
        """Lets two weeks pass in which nobody asks about a run."""
        for path in (run.needs_path, run.spec_path, run.heartbeat_path):
            if path.exists():
                os.utime(path, (time.time() - HELD_SECONDS - 60,) * 2)

    def size(self) -> int:
        """Bytes of all that counts, by another way than the product counts them."""
        folders = [self.site.root / name for name in ("blobs", "compiled", "inbox")]
        return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
