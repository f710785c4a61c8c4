"""Where things are on this machine, and which sites the pool has."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
import psutil
from pydantic import Field, ValidationError, model_validator
from sqlalchemy import URL

from armarius.client.errors import ConfigurationError
from armarius.functions.contracts import Contract, Shape
from armarius.functions.site import KRAKEN_VARIABLE, Site

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HOME_VARIABLE = "ARMARIUS_HOME"
JOURNAL_VARIABLE = "ARMARIUS_JOURNAL"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)([smhd])")


def seconds_of(text: str) -> float:
    """Reads a length of time such as "90s", "30m", "8h" or "2d".

    Raises:
        ConfigurationError: It is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"{text!r} is not a length of time.", 'Write it like "90s", "30m", "8h" or "2d".')
    return float(int(match[1]) * _SECONDS[match[2]])


class SiteConfig(Contract):
    """A site as the pool sees it: one TOML file.

    Attributes:
        name: What people call it.
        kind: How it is reached. "local" is this machine, through Parsl.
        root: The site's directory, as its workers see it.
        kraken_python: The interpreter that has kraken.
        shapes: The slices of a machine that it offers.
        walltimes: The ladder of walltimes that may be asked for, such as ["30m", "8h"]; empty for no end.
        workers: Runs at the same time.
        drained: Takes no new runs.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\z")]
    kind: Literal["local"] = "local"
    root: Path
    kraken_python: Path
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)]
    walltimes: tuple[str, ...] = ()
    workers: Annotated[int, Field(ge=1)] = 1
    drained: bool = False

    @model_validator(mode="after")
    def _readable(self) -> "SiteConfig":
        self.ladder()
        return self

    def ladder(self) -> tuple[float, ...]:
        """Returns the walltimes in seconds, shortest first."""
        return tuple(sorted(seconds_of(text) for text in self.walltimes))

    def site(self) -> Site:
        """Returns the site as the functions see it."""
        return Site(self.root, self.kraken_python)


class PoolConfig(Contract):
    """Everything a pool needs to know.

    Attributes:
        journal: SQLAlchemy URL of the journal.
        home: The user's data directory: packed datasets, and the local site.
        sites: At least one.
    """

    journal: str
    home: Path
    sites: Annotated[tuple[SiteConfig, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> "PoolConfig":
        names = [site.name for site in self.sites]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two sites are called {', '.join(sorted(twice))}")
        return self

    def site(self, name: str) -> SiteConfig:
        """Finds a site by its name.

        Raises:
            ConfigurationError: There is none.
        """
        for site in self.sites:
            if site.name == name:
                return site
        known = ", ".join(site.name for site in self.sites)
        raise ConfigurationError(f"There is no site {name!r}.", f"Known are: {known}.")


def data_home() -> Path:
    """Returns the user's data directory, or what ARMARIUS_HOME says."""
    return Path(os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("armarius")).absolute()


def config_home() -> Path:
    """Returns the directory of ``sites/*.toml``."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).absolute() / "config" if home else Path(platformdirs.user_config_dir("armarius"))


def local_site(home: Path) -> SiteConfig:
    """Describes this very machine as a site: all its threads, nine tenths of its memory, no end."""
    shape = Shape(name="machine", cpus=_threads(), memory=int(psutil.virtual_memory().total * 0.9))
    return SiteConfig(
        name="local",
        root=home / "site",
        kraken_python=Path(os.environ.get(KRAKEN_VARIABLE) or sys.executable),
        shapes=(shape,),
    )


def _threads() -> int:
    """Returns the threads that this process may use, which can be fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def local_config() -> PoolConfig:
    """Returns a pool of this machine alone."""
    home = data_home()
    return PoolConfig(journal=_journal_url(home), home=home, sites=(local_site(home),))


def read_config(folder: Path | None = None) -> PoolConfig:
    """Reads ``sites/*.toml``; where there is none, the pool is this machine.

    Args:
        folder: The directory that holds ``sites/``, by default the user's configuration directory.

    Raises:
        ConfigurationError: A file cannot be understood; the message names it and the place.
    """
    files = sorted(((folder or config_home()) / "sites").glob("*.toml"))
    if not files:
        return local_config()
    home = data_home()
    sites = tuple(_site(path) for path in files)
    try:
        return PoolConfig(journal=_journal_url(home), home=home, sites=sites)
    except ValidationError as error:
        raise ConfigurationError(f"{files[0].parent}: {error.errors()[0]['msg']}") from error


def _journal_url(home: Path) -> str:
    """Returns the URL; a file name may hold what would mean something in one."""
    given = os.environ.get(JOURNAL_VARIABLE)
    return given or URL.create("sqlite", database=str(home / "journal.sqlite")).render_as_string()


def _absolute(root: Path, file: Path) -> Path:
    """Reads ~ and a path that is relative to the file's own folder."""
    return file.parent.absolute() / root.expanduser()


def _site(path: Path) -> SiteConfig:
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        site = SiteConfig.model_validate({"name": path.stem} | found)
        return site.model_copy(
            update={"root": _absolute(site.root, path), "kraken_python": site.kraken_python.expanduser()}
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {place}: {first['msg']}") from error
