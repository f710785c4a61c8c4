"""May anybody change what runs here, or read what should be secret?"""

import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from armarius.endpoint_config.doctor.check import Check, ok, problem
from armarius.endpoint_config.doctor.context import Context

THEME = "permissions"
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
_ANYBODY = stat.S_IRWXG | stat.S_IRWXO
_ROOT = 0
_MOST = 8
"""Paths that are named one by one: a package manager with a wrong umask leaves hundreds."""


def not_changed_by_others(context: Context) -> Iterator[Check]:
    """Looks who may write, or owns, what the endpoint and its workers execute, and the directories above that."""
    profile = context.profile
    kraken = Path(profile.kraken_python)
    things = {context.folder.path, *context.folder.path.rglob("*")}
    things |= {kraken, *_environment(Path(profile.environment)), *_environment(kraken.parent.parent)}
    if not profile.mapped:
        things.add(Path(profile.root))
    above = {parent for path in things for parent in path.parents} - things
    found = [*_open(things, context.uid, sticky=False), *_open(above, context.uid, sticky=True)]
    yield from found[:_MOST]
    if len(found) > _MOST:
        mend = "Mend the ones above with chmod -R go-w and chown -R, then examine again."
        yield problem(THEME, f"{len(found) - _MOST} more paths can be changed by others.", mend)
    if not found:
        yield ok(
            THEME, "Nobody but root and this account may change the endpoint's files, its environments or its root."
        )


def _environment(home: Path) -> Iterator[Path]:
    """Yields of a Python environment what decides on the code that it runs, down to each package's directory."""
    for folder in (home / "bin", *home.glob("lib/python*/site-packages")):
        yield folder
        with suppress(OSError):
            yield from folder.iterdir()


def _open(paths: Iterable[Path], uid: int, *, sticky: bool) -> Iterator[Check]:
    """Yields a problem for each path that others could change.

    Args:
        paths: Those that are not there are passed over.
        uid: The account that may own them, besides root.
        sticky: Whether others may write where the sticky bit keeps them from other people's files, as in /tmp.
    """
    for path in sorted(paths):
        try:
            status = path.stat()
        except OSError:
            continue
        if status.st_uid not in (_ROOT, uid):
            told = f"{path} belongs to the account {status.st_uid}, who may change what runs here."
            yield problem(THEME, told, f"chown {_owner(uid)} {path}")
        elif status.st_mode & _WRITABLE and not (sticky and status.st_mode & stat.S_ISVTX):
            yield problem(THEME, f"Others than its owner may write {path}.", f"chmod go-w {path}")


def _owner(uid: int) -> str:
    return "root" if uid == _ROOT else str(uid)


def secrets_kept(context: Context) -> Iterator[Check]:
    """Looks who may read the endpoint's credentials and tokens."""
    home = context.folder.path.parent
    names = (f"{context.folder.path.name}.credentials", "storage.db", "storage.local.db")
    there = [home / name for name in names if (home / name).exists()]
    for path in there:
        if path.stat().st_mode & _ANYBODY and home.stat().st_mode & _ANYBODY:
            yield problem(THEME, f"Others than its owner may read {path}.", f"chmod 600 {path}")
            return
    yield ok(THEME, "Nobody but their owner may read the endpoint's credentials.")
