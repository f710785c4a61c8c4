"""Can everything be written, here and on a compute node, and is there room?"""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from armarius.endpoint_config.doctor.check import Check, ok, problem, warning
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.doctor.node import MARK
from armarius.endpoint_config.doctor.nodes import Heard, NoNode, heard_of
from armarius.endpoint_config.doctor.people import not_as_root

THEME = "storage"
ROOM = 20 * (1 << 30)
"""Bytes below which a site soon has no room for page images."""


@not_as_root(THEME)
def root_writable(context: Context) -> Iterator[Check]:
    """Writes into the root from here."""
    root = Path(context.profile.root).expanduser()
    mine = root / f"{MARK}-{secrets.token_hex(8)}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        mine.write_text("")
        mine.unlink()
    except OSError as error:
        yield problem(THEME, f"{root} cannot be written from here: {error}", "Let the endpoint's account write there.")
        return
    yield ok(THEME, f"{root} can be written.")


@not_as_root(THEME)
def room(context: Context) -> Iterator[Check]:
    """Looks how much room is left under the root."""
    root = Path(context.profile.root).expanduser()
    free = shutil.disk_usage(next(folder for folder in (root, *root.parents) if folder.exists())).free
    told = f"{root} has {free / (1 << 30):.0f} GiB free."
    if free < ROOM:
        yield warning(THEME, told, "Free some, or choose another root. A quota may leave even less.")
    else:
        yield ok(THEME, told)


@not_as_root(THEME)
def from_a_node(context: Context) -> Iterator[Check]:
    """Lets a node of each shape write into root and scratch, and looks here for what it wrote into the root."""
    for shape in context.profile.shapes:
        try:
            heard = heard_of(context, shape)
        except NoNode:
            told = f"Not examined from a node of shape {shape.name}: none answered."
            yield warning(THEME, told, "See the theme scheduler.")
        else:
            yield from _from_one(context.profile.root, heard)


def _from_one(root: str, heard: Heard) -> Iterator[Check]:
    host = heard.report.host
    for folder, why in heard.report.unwritable.items():
        yield problem(THEME, f"{folder} cannot be written on {host}: {why}", "Mount it there, writable.")
    if heard.shared:
        yield ok(THEME, f"{host} can write {root}, and it is seen here.")
    elif root not in heard.report.unwritable:
        mend = "The root must be on a file system that login and compute nodes share."
        yield problem(THEME, f"What {host} writes into {root} is not seen here.", mend)
