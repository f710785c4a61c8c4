"""What runs name: the files of their datasets, their models, and the runs that they go on from."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from armarius.functions.contracts import ArmariusError, RunId, RunSpec
from armarius.functions.errors import MissingData
from armarius.functions.rundir import RunDir
from armarius.functions.runneeds import HELD_SECONDS
from armarius.functions.site import Site

_RUN_ID: TypeAdapter[str] = TypeAdapter(RunId)


@dataclass(frozen=True)
class Names:
    """What some runs name.

    Attributes:
        blobs: Digests of manifests, images, models and checkpoints of other sites.
        datasets: Digests of manifests.
        runs: Runs whose checkpoints are gone on from.
        unknown: Runs whose spec or manifest cannot be read, so that nobody knows what they name.
    """

    blobs: frozenset[str]
    datasets: frozenset[str]
    runs: frozenset[str]
    unknown: tuple[str, ...]


def runs_of(site: Site) -> Iterator[RunDir]:
    """Yields the runs of a site; a link, or a directory of another name, is none."""
    for path in sorted(site.runs.iterdir()) if site.runs.is_dir() else ():
        if path.is_dir() and not path.is_symlink() and _is_run_id(path.name):
            yield site.run(path.name)


def is_computed(run: RunDir) -> bool:
    """Tells whether somebody computes a run: on file systems whose locks end at the border of a machine, too."""
    return run.is_locked() or run.is_computed_elsewhere()


def needs_files(run: RunDir, now: float) -> bool:
    """Tells whether a run has not ended and may still be computed.

    It is computed now; or it waits in a queue, or was cut off and will be handed over again, and somebody has asked
    about it lately.

    Args:
        run: Which.
        now: Seconds since 1970 by the clock of the file system.
    """
    if run.report_path.exists():
        return False
    return is_computed(run) or (not run.cancel_path.exists() and now - run.last_wanted() < HELD_SECONDS)


def needed_now(site: Site) -> Names:
    """Returns what the runs of a site name that have not ended."""
    now = time.time()
    return named_by(site, [run for run in runs_of(site) if needs_files(run, now)])


def named_by(site: Site, runs: Iterable[RunDir]) -> Names:
    """Reads what runs wrote down, and manifests. A run that was cancelled before it was handed over names nothing."""
    blobs, datasets, before, unknown = set[str](), set[str](), set[str](), []
    for run in runs:
        try:
            blobs |= run.needs()
            spec = _spec(run)
        except (OSError, ValidationError):
            unknown.append(run.run_id)
            continue
        if spec is not None:
            blobs |= spec.blobs
            datasets.add(spec.dataset)
        if spec is not None and spec.resume_from is not None:
            before.add(spec.resume_from.run_id)
    for dataset in sorted(datasets):
        try:
            blobs |= {image.sha256 for image in site.manifest(dataset).images()}
        except MissingData:
            continue
        except (OSError, ValidationError, ArmariusError):
            unknown.append(dataset)
    return Names(frozenset(blobs), frozenset(datasets), frozenset(before), tuple(unknown))


def _spec(run: RunDir) -> RunSpec | None:
    try:
        return run.spec()
    except FileNotFoundError:
        return None


def _is_run_id(name: str) -> bool:
    try:
        _RUN_ID.validate_python(name)
    except ValidationError:
        return False
    return True
