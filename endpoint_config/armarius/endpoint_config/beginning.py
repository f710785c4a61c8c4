"""Beginning a profile: a commented file for one kind of site, with what this machine can tell filled in."""

import math
import os
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import psutil

from armarius.endpoint_config.errors import BadFolder
from armarius.endpoint_config.filling import FILL_IN
from armarius.functions.files import write_bytes
from armarius.functions.site import KRAKEN_VARIABLE

KINDS = ("laptop", "slurm", "mig-server", "university", "princeton", "jean-zay")
"""The kinds of site for which a profile is shipped."""

_HOME = {"laptop"}
"""Kinds whose root may well be in somebody's home."""


@dataclass(frozen=True)
class Known:
    """What is known of a site already. What is not stays marked in the file.

    Attributes:
        name: Of the site; by default that of its kind.
        root: Its directory.
        environment: The endpoint's Python environment; by default the one that runs, if it has Globus Compute.
        kraken_python: The interpreter that has kraken.
        collection: Its Globus collection.
        collection_root: The root as the collection sees it; by default its own path.
    """

    name: str | None = None
    root: Path | None = None
    environment: Path | None = None
    kraken_python: Path | None = None
    collection: UUID | None = None
    collection_root: str | None = None


def begin(kind: str, folder: Path, known: Known | None = None) -> Path:
    """Writes ``NAME.toml`` into a folder.

    Args:
        kind: One of :data:`KINDS`.
        folder: Where; it is created.
        known: What is known already.

    Returns:
        The file.

    Raises:
        BadFolder: The file is there already.
    """
    values = _values(kind, known or Known())
    path = folder / f"{values['name']}.toml"
    if path.exists():
        raise BadFolder(f"{path} is there already.", "Nothing is overwritten: give another folder or --name.")
    text = (files("armarius.endpoint_config") / "profiles" / f"{kind}.toml").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    write_bytes(path, text.encode())
    return path


def _values(kind: str, known: Known) -> dict[str, str]:
    root = known.root or (Path.home() / "armarius-site" if kind in _HOME else None)
    kraken = known.kraken_python or os.environ.get(KRAKEN_VARIABLE)
    memory = math.floor(psutil.virtual_memory().total * 0.9 / (1 << 20))
    return {
        "name": known.name or kind,
        "root": _or_fill_in(root),
        "environment": _or_fill_in(known.environment or _own_environment()),
        "kraken_python": _or_fill_in(kraken),
        "collection": _or_fill_in(known.collection),
        "collection_root": _or_fill_in(known.collection_root or root),
        "cpus": str(psutil.cpu_count() or 1),
        "memory": f"{memory}MiB",
    }


def _own_environment() -> Path | None:
    prefix = Path(sys.prefix)
    return prefix if (prefix / "bin" / "globus-compute-endpoint").exists() else None


def _or_fill_in(value: object) -> str:
    return str(value) if value is not None else FILL_IN
