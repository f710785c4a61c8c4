"""Bringing a site down to its limit.

What goes is first set aside, into the directory ``leaving``, by a rename; then it is looked up once more what runs
need, what of it is needed after all comes back, and only the rest is deleted. So whoever notes what a run needs, and
then looks what is there, is either heard in time or sees that it is gone: no lock stands between the two, which on
some file systems ends at the border of a machine. A directory is never deleted where it is used, so nobody takes half
of one for whole. Killed at any point, it is finished by the next one who makes room, and every run does before it
computes.
"""

import errno
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from armarius.functions.cache.naming import needed_now
from armarius.functions.cache.telling import note_size
from armarius.functions.cache.things import Kind, Thing, compiled_thing, things_of
from armarius.functions.files import open_own
from armarius.functions.site import Site

logger = logging.getLogger(__name__)

LEAVING = "leaving"
"""The directory below a site's root of what was set aside."""

LOCK = "cache.lock"

TURN_SECONDS = 60.0
"""How long another one who makes room is waited for; each needs seconds, for what it deletes it deletes afterwards."""

_GONE = "gone"
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@dataclass(frozen=True)
class Room:
    """What came of it.

    Attributes:
        gone: What was deleted, or would be.
        size: Bytes that are left, or would be.
        limit: Bytes that may be kept.
        unknown: Runs and datasets that cannot be read; while there are any that have not ended, nothing goes.
    """

    gone: tuple[Thing, ...]
    size: int
    limit: int
    unknown: tuple[str, ...] = ()


def make_room(site: Site, *, dry_run: bool = False) -> Room | None:
    """Deletes the least recently used of what no run needs until a site is within its limit.

    Any number of processes may do so at once, and may be killed at any point.

    Returns:
        What came of it; None where there is no limit, or another one has been at it for a minute.

    Raises:
        OSError: The site's directory cannot be read or changed.
        NotRegular: A link is where its lock should be.
    """
    if site.cache is None or not site.root.is_dir():
        return None
    if dry_run:
        return _chosen(site, site.cache)
    with _in_turn(site) as mine:
        if not mine:
            return None
        _settle(site)
        chosen = _chosen(site, site.cache)
        for thing in chosen.gone:
            _set_aside(site, thing)
        _settle(site)
        stayed = [thing for thing in chosen.gone if os.path.lexists(thing.path)]
        gone = tuple(thing for thing in chosen.gone if thing not in stayed)
        room = replace(chosen, gone=gone, size=chosen.size + sum(thing.size for thing in stayed))
        note_size(site, room.size)
    _delete_gone(site)
    return room


def _chosen(site: Site, limit: int) -> Room:
    """Returns what is to go, and what is left then."""
    names, now = needed_now(site), time.time()
    things = list(things_of(site))
    size = sum(thing.size for thing in things)
    gone = tuple(_least_recent((thing for thing in things if not thing.is_needed(names, now)), size - limit))
    return Room(gone, size - sum(thing.size for thing in gone), limit, names.unknown)


def _least_recent(things: Iterable[Thing], too_much: int) -> Iterator[Thing]:
    """Yields things until they make up for what is too much; of equal age, pages go before what is compiled of them."""
    for thing in sorted(things, key=lambda thing: (thing.used, thing.kind is Kind.COMPILED, thing.path)):
        if too_much <= 0:
            return
        too_much -= thing.size
        yield thing


def _set_aside(site: Site, thing: Thing) -> None:
    """Takes a thing from its place, if somebody else was not faster."""
    leaving = site.root / LEAVING
    leaving.mkdir(exist_ok=True)
    kept = thing.kind in (Kind.BLOB, Kind.COMPILED)
    name = f"{thing.kind.value}.{thing.path.name}" if kept else f"{_GONE}.{secrets.token_hex(8)}"
    _move(thing.path, leaving / name)


def _settle(site: Site) -> None:
    """Gives back what runs need of what was set aside, now or by one that was killed, and lets the rest go.

    It is looked up again after each return: a manifest that came back names further files.
    """
    while aside := list(_aside(site)):  # first: whoever then notes a need sees that they are gone
        names, now = needed_now(site), time.time()
        needed = [place for place, thing in aside if thing.is_needed(names, now)]
        back = sum(_give_back(site, place) for place in needed)
        if not back:
            break
    for place, _ in aside:
        if place not in needed:
            _move(place, place.with_name(f"{_GONE}.{secrets.token_hex(8)}"))


def _aside(site: Site) -> Iterator[tuple[Path, Thing]]:
    """Yields what is aside, and not gone for good."""
    folder = site.root / LEAVING
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        kind, _, name = place.name.partition(".")
        if kind == Kind.BLOB.value:
            yield place, Thing(Kind.BLOB, place, 0, 0.0, name)
        elif kind == Kind.COMPILED.value:
            yield place, compiled_thing(place)


def _give_back(site: Site, place: Path) -> bool:
    """Brings a thing back to its place. If it has come anew meanwhile, that one stays."""
    kind, _, name = place.name.partition(".")
    home = site.blob(name) if kind == Kind.BLOB.value else site.compiled(name)
    home.parent.mkdir(parents=True, exist_ok=True)
    if not home.exists() and _move(place, home):
        return True
    return home.exists() and _move(place, place.with_name(f"{_GONE}.{secrets.token_hex(8)}"))


def _delete_gone(site: Site) -> None:
    """Deletes what is gone for good, whoever put it there."""
    for place in (site.root / LEAVING).glob(f"{_GONE}.*"):
        try:
            _remove(place)
        except FileNotFoundError:  # another one deletes it, too
            continue
        except OSError as error:
            logger.warning("%s cannot be deleted: %s", place, error)


def _move(source: Path, target: Path) -> bool:
    """Renames; tells whether it was there to be renamed, and the new name was free."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()


@contextmanager
def _in_turn(site: Site) -> Iterator[bool]:
    """Waits until nobody else on this machine makes room, and tells whether that came true within a minute."""
    descriptor = open_own(site.root / LOCK, os.O_RDWR | os.O_CREAT)
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    patiently = Retrying(
        retry=retry_if_exception_type(BlockingIOError), stop=stop_after_delay(TURN_SECONDS), wait=wait_fixed(0.1)
    )
    with suppress(BlockingIOError):
        try:
            patiently.copy(reraise=True)(flock, descriptor, LOCK_EX | LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        return True
    return False
