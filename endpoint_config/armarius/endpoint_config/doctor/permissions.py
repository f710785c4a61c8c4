"""May anybody change what runs here, or read what should be secret?"""

import stat
from collections.abc import Iterator
from pathlib import Path

from armarius.endpoint_config.doctor.check import Check, ok, problem
from armarius.endpoint_config.doctor.context import Context

THEME = "permissions"
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
_ANYBODY = stat.S_IRWXG | stat.S_IRWXO


def not_writable_by_others(context: Context) -> Iterator[Check]:
    """Looks who may write what the endpoint and its workers execute."""
    profile, folder = context.profile, context.folder
    paths = [folder.path, folder.core, Path(profile.environment), Path(profile.kraken_python)]
    paths += [folder.path / "user_config_template.yaml.j2", Path(profile.root).expanduser()]
    found = {path: path.stat().st_mode for path in paths if path.exists()}
    open_ones = [path for path, mode in found.items() if mode & _WRITABLE]
    for path in open_ones:
        yield problem(THEME, f"Others than its owner may write {path}.", f"chmod go-w {path}")
    if not open_ones:
        yield ok(THEME, "Nobody but their owner may change the endpoint's files, its environments or its root.")


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
