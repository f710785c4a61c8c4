"""Where things are on this machine, and which sites the pool has."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import psutil
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from sqlalchemy import URL

from armarius.client.accounts.names import AccountName
from armarius.client.config.accounts import AccountRules, Allowance, FairShare
from armarius.client.config.confinement import Confined, DataRules
from armarius.client.config.sites import AnySiteConfig, LocalSiteConfig, OwnCollection, SlurmSiteConfig
from armarius.client.errors import ConfigurationError
from armarius.functions.contracts import Contract, Shape
from armarius.functions.site import KRAKEN_VARIABLE

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HOME_VARIABLE = "ARMARIUS_HOME"
JOURNAL_VARIABLE = "ARMARIUS_JOURNAL"
POOL_FILE = "pool.toml"

_SITE: TypeAdapter[AnySiteConfig] = TypeAdapter(AnySiteConfig)


class PoolConfig(Contract):
    """Everything a pool needs to know.

    Attributes:
        journal: SQLAlchemy URL of the journal.
        home: The user's data directory: packed datasets, and the local site.
        sites: At least one.
        own: This machine's collection; needed for sites that are reached by Globus.
        institution: Whose the people are who use this pool, unless a job says otherwise.
        allowances: Who may use how much.
        fair_share: Whose turn it is, of those who wait.
        users: Whose data goes only to some sites, by the name of a user,
        projects: of a project,
        institutions: or of an institution.
    """

    journal: Annotated[str, Field(repr=False)]  # it may hold a password
    home: Path
    sites: Annotated[tuple[AnySiteConfig, ...], Field(min_length=1)]
    own: OwnCollection | None = None
    institution: AccountName = ""
    allowances: tuple[Allowance, ...] = ()
    fair_share: FairShare = FairShare()
    users: dict[AccountName, Confined] = Field(default_factory=dict)
    projects: dict[AccountName, Confined] = Field(default_factory=dict)
    institutions: dict[AccountName, Confined] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _distinct(self) -> "PoolConfig":
        names = [site.name for site in self.sites]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two sites are called {', '.join(sorted(twice))}")
        if len({site.slurm_conf for site in self.sites if isinstance(site, SlurmSiteConfig)}) > 1:
            raise ValueError("one pool submits to one Slurm: its commands find it by the environment of the process")
        return self

    @property
    def accounts(self) -> AccountRules:
        """Who may use how much, and whose turn it is."""
        return AccountRules(allowances=self.allowances, fair_share=self.fair_share)

    @property
    def data_rules(self) -> DataRules:
        """Whose data is confined to some sites."""
        return DataRules(users=self.users, projects=self.projects, institutions=self.institutions)

    def site(self, name: str) -> AnySiteConfig:
        """Finds a site by its name.

        Raises:
            ConfigurationError: There is none.
        """
        for site in self.sites:
            if site.name == name:
                return site
        known = ", ".join(site.name for site in self.sites)
        raise ConfigurationError(f"There is no site {name!r}.", f"Known are: {known}.")

    def known_tags(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Returns tags that some site bears, sorted.

        Raises:
            ConfigurationError: No site bears one of them: a job that asks for it would wait for ever.
        """
        wanted, borne = sorted(set(tags)), sorted({tag for site in self.sites for tag in site.tags})
        for tag in wanted:
            if tag not in borne:
                raise ConfigurationError(f"No site bears the tag {tag!r}.", f"Known are: {', '.join(borne) or 'none'}.")
        return tuple(wanted)


def data_home() -> Path:
    """Returns the user's data directory, or what ARMARIUS_HOME says."""
    return Path(os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("armarius")).absolute()


def config_home() -> Path:
    """Returns the directory of ``sites/*.toml``."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).absolute() / "config" if home else Path(platformdirs.user_config_dir("armarius"))


def local_site(home: Path) -> LocalSiteConfig:
    """Describes this very machine as a site: all its threads, nine tenths of its memory, no end."""
    shape = Shape(name="machine", cpus=_threads(), memory=int(psutil.virtual_memory().total * 0.9))
    return LocalSiteConfig(
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
    """Reads ``pool.toml`` and ``sites/*.toml``; where there is no site, the pool is this machine.

    Args:
        folder: The directory that holds them, by default the user's configuration directory.

    Raises:
        ConfigurationError: A file cannot be understood; the message names it and the place.
    """
    folder = folder or config_home()
    files = sorted((folder / "sites").glob("*.toml"))
    home = data_home()
    with _naming(folder / POOL_FILE):
        pool = _toml(folder / POOL_FILE) if (folder / POOL_FILE).exists() else {}
        sites = [_site(path) for path in files] or [local_site(home)]
        return PoolConfig(**{"journal": _journal_url(home), "home": home, "sites": sites} | pool)


def _journal_url(home: Path) -> str:
    """Returns the URL; a file name may hold what would mean something in one."""
    given = os.environ.get(JOURNAL_VARIABLE)
    return given or URL.create("sqlite", database=str(home / "journal.sqlite")).render_as_string()


def _absolute(root: Path, file: Path) -> Path:
    """Reads ~ and a path that is relative to the file's own folder."""
    return file.parent.absolute() / root.expanduser()


def _site(path: Path) -> AnySiteConfig:
    with _naming(path):
        site = _SITE.validate_python({"name": path.stem, "kind": "local"} | _toml(path))
    if isinstance(site, LocalSiteConfig):
        here = {"root": _absolute(site.root, path), "kraken_python": site.kraken_python.expanduser()}
        return site.model_copy(update=here)
    return site


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Says which file cannot be used, and where in it."""
    try:
        yield
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("local", "slurm", "globus"))
        raise ConfigurationError(f"{path}: {place}: {first['msg']}") from error
