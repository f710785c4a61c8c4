"""Deleting from a site what nobody has used for long, or what certain runs alone have used.

Age is the newest modification of anything within; when something was read does not count, since many file systems do
not record it. Use is recorded all the same: a run that reads an image has a directory of its own, and what a kept run
names is kept. So has one that still waits in a queue, where the site has a limit and the pool therefore says what it
will need. Without one, a waiting run is not known: if its pages are older than the limit, and no kept run names them,
it fails when it begins, and its job stages them again when it is resumed.
"""

import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from armarius.functions.cache.naming import is_computed, named_by, needs_files, runs_of
from armarius.functions.cache.things import Thing
from armarius.functions.contracts import Contract
from armarius.functions.errors import RunBusy
from armarius.functions.inbox import INBOX
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site

Compiled = Callable[[Collection[str]], Collection[str]]
"""Gives the names under which datasets are compiled."""


class Kind(str, Enum):
    """What is deleted."""

    RUN = "run"
    COMPILED = "compiled"
    BLOB = "blob"
    ARRIVED = "arrived"
    UNFINISHED = "unfinished"


class Item(Contract):
    """One thing to delete.

    Attributes:
        kind: What it is.
        path: Where, relative to the site's root.
        size: Bytes of all files within.
    """

    kind: Kind
    path: str
    size: int


@dataclass(frozen=True)
class Found:
    """What may be deleted, and what stands in the way.

    Attributes:
        items: What may go.
        unknown: Runs and datasets that cannot be read; while there are any, no blob and no compiled dataset goes.
        busy: Runs that were named, and are computed now.
        missing: Runs that were named, and are not there.
    """

    items: tuple[Item, ...]
    unknown: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def unused(site: Site, before: float, compiled: Compiled) -> Found:
    """Finds what nobody has used since a time.

    A run that is computed now, or waits, or has changed since, is kept, with the pages and the model that it names, and
    the run whose checkpoint it goes on from.

    Args:
        site: The site.
        before: Seconds since 1970 by the clock of its file system.
        compiled: Gives the names of compiled datasets.
    """
    runs = list(runs_of(site))
    kept = [run for run in runs if _newest(run.path) >= before or needs_files(run, time.time())]
    names = named_by(site, kept)
    stay = {run.run_id for run in kept} | names.runs
    going = [_item(site, Kind.RUN, run.path) for run in runs if run.run_id not in stay]
    going += [_item(site, Kind.ARRIVED, path) for path in _entries(site.root / INBOX) if _newest(path) < before]
    if names.unknown:
        return Found(tuple(going), names.unknown)
    keys = compiled(names.datasets)
    going += [
        _item(site, Kind.COMPILED, path)
        for path in _entries(site.root / "compiled")
        if path.name not in keys and _newest(path) < before
    ]
    going += [
        _item(site, Kind.BLOB, path)
        for folder in _entries(site.root / "blobs")
        for path in _entries(folder)
        if path.name not in names.blobs and _newest(path) < before
    ]
    return Found(tuple(going))


def only_of(site: Site, wanted: Collection[str], compiled: Compiled) -> Found:
    """Finds certain runs, of whatever age, and the pages and models that no other run names.

    Args:
        site: The site.
        wanted: The runs' ids. One that is computed now is kept, and told; so is one that is not there.
        compiled: Gives the names of compiled datasets.
    """
    runs = list(runs_of(site))
    busy = [run for run in runs if run.run_id in wanted and is_computed(run)]
    going = [run for run in runs if run.run_id in wanted and run not in busy]
    theirs, others = named_by(site, going), named_by(site, [run for run in runs if run not in going])
    items = [_item(site, Kind.RUN, run.path) for run in going]
    told = tuple(run.run_id for run in busy)
    missing = tuple(sorted(set(wanted) - {run.run_id for run in runs}))
    if unknown := theirs.unknown + others.unknown:
        return Found(tuple(items), unknown, told, missing)
    paths = [(Kind.COMPILED, site.compiled(key)) for key in sorted(compiled(theirs.datasets - others.datasets))]
    paths += [(Kind.BLOB, site.blob(digest)) for digest in sorted(theirs.blobs - others.blobs)]
    return Found((*items, *(_item(site, kind, path) for kind, path in paths if path.exists())), (), told, missing)


def delete(site: Site, item: Item) -> None:
    """Deletes one thing. A run that somebody has begun to compute meanwhile is left alone.

    Raises:
        OSError: It cannot be deleted.
    """
    path = site.root / item.path
    if item.kind is Kind.RUN:
        _delete_run(site.run(path.name))
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _delete_run(run: RunDir) -> None:
    try:
        lock = run.acquire()
    except RunBusy:
        return
    try:
        if not run.is_computed_elsewhere():
            shutil.rmtree(run.path)
    finally:
        os.close(lock)


def _entries(folder: Path) -> list[Path]:
    """Returns what is in a directory, but for links: what they lead to is not the site's."""
    return sorted(path for path in folder.iterdir() if not path.is_symlink()) if folder.is_dir() else []


def _within(path: Path) -> Iterator[os.stat_result]:
    """Yields what is known of a path and of all below it; what vanishes meanwhile is passed over, no link followed."""
    for each in (path, *(Path(folder, name) for folder, dirs, files in os.walk(path) for name in (*dirs, *files))):
        try:
            yield each.lstat()
        except FileNotFoundError:
            continue


def _newest(path: Path) -> float:
    return max((status.st_mtime for status in _within(path)), default=0.0)


def _item(site: Site, kind: Kind, path: Path) -> Item:
    return Item(kind=kind, path=str(path.relative_to(site.root)), size=sum(status.st_size for status in _within(path)))


def item_of(site: Site, thing: Thing) -> Item:
    """Returns what went, or would go, because more is kept than the operator allows."""
    return Item(kind=Kind(thing.kind.value), path=str(thing.path.relative_to(site.root)), size=thing.size)
