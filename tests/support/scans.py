"""Bare images, models as they look from outside, and jobs that work on pages."""

from collections.abc import Collection, Mapping
from pathlib import Path

from armarius.client.testing import FakeSite, FakeStaging, do_pages
from armarius.functions.contracts import Outcome, PageFault, RunState
from support.pages import image_bytes


def scans(folder: Path, count: int = 3, first: int = 1) -> list[Path]:
    """Writes images f1.png, f2.png, … and returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"f{number}.png" for number in range(first, first + count)]
    for number, path in enumerate(paths, first):
        path.write_bytes(image_bytes(number))
    return paths


def coreml(path: Path, kind: str = "recognition", salt: str = "") -> Path:
    """Writes a model as kraken wrote it before 2025, for all that can be seen without kraken."""
    text = f'{{"vgsl": "[1,48,0,1]", "model_type": "{kind}", "x": "{salt}"}}'.encode()
    path.write_bytes(b"\x08\x01\x12" + bytes([len(text)]) + text)
    return path


def finish(
    site: FakeSite,
    staging: FakeStaging,
    *,
    faults: Mapping[int, PageFault] | None = None,
    only: Collection[int] | None = None,
) -> None:
    """Lets a site do all that it was given, in an instant.

    Args:
        site: It.
        staging: By which files come home.
        faults: Pages that are left out.
        only: Pages that are done; then the run goes on.
    """
    for run_id, run in site.runs.items():
        if run.state is not RunState.ENDED:
            do_pages(site, staging, run_id, faults=faults, only=only)
            if only is None:
                site.end(run_id, Outcome.FINISHED)
