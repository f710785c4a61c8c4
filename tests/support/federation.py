"""Two institutions that lend their machines to one pool, all of it on this machine.

The cloud between them is the local one of ``tests/cloud``, a test double; the endpoints, Parsl, kraken and Armarius are
the real ones. ``python -m support.federation FOLDER`` (or ``make federation``) starts it for a person.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import click

from armarius.client.config import HOME_VARIABLE, POOL_FILE
from armarius.functions.site import Site
from cloud.config import Client, Identity, Limits
from support.cli import Home
from support.cloud import POOL, LocalCloud, Person
from support.endpoint import Endpoint, endpoint_python, why_no_endpoint
from support.powers import NOBODY

NAMES = ("alpha", "beta")
GIB = 2**30

_PROFILE = """\
# An institution of the federation on one machine: what its operator wrote.
name = "{name}"
scheduler = "{scheduler}"
root = "{root}"
environment = "{environment}"
kraken_python = "{kraken}"
{machine}
[data]
collection = "{collection}"
root = "/armarius/site"

[heartbeat]
period = 8
worker_period = 2
worker_threshold = 10
"""

_ONE_MACHINE = """\
walltimes = ["{walltime}"]

[[shapes]]
name = "cpu1"
cpus = 1
memory = "4GiB"
"""

_POOL = """\
# This machine's own collection: what goes to the sites and comes home passes through this folder.
[own]
collection = "{collection}"
path = "{path}"
seen_as = "/transfer"
"""


def owner_of(name: str) -> Person:
    """Returns the application as which an institution's endpoint is registered, and as which the pool calls it."""
    client = str(uuid5(NAMESPACE_DNS, f"{name}.institution.localhost"))
    return Person(client, f"{client}@clients.auth.globus.org", f"the-secret-of-{name}")


@dataclass
class Institution:
    """One of them.

    Attributes:
        name: Of its site.
        folder: Everything that it has.
        owner: Who its endpoint is, for Globus.
        endpoint: Its processes.
        cluster: What its operator wrote of a Slurm cluster, or None for a machine without a scheduler.
        own_accounts: Whether its endpoint runs as root and maps everybody's identity to an account: to one and the
            same, since there is no other here.
    """

    name: str
    folder: Path
    owner: Person
    endpoint: Endpoint
    kraken_python: Path
    cluster: str | None = None
    own_accounts: bool = False

    @property
    def site(self) -> Site:
        """Its directory, as its workers see it."""
        return Site(self.folder / "collection" / "armarius" / "site", self.kraken_python)

    @property
    def profile(self) -> Path:
        """What its operator wrote."""
        return self.folder / f"{self.name}.toml"


@dataclass
class Federation:
    """All of them, and the pool's own home.

    Attributes:
        folder: Everything.
        cloud: Between them.
        pace: Of all sites, in seconds.
        institutions: By name.
    """

    folder: Path
    cloud: LocalCloud
    kraken_python: Path
    pace: float = 5.0
    institutions: dict[str, Institution] = field(default_factory=dict)

    @property
    def home(self) -> "FederationHome":
        """The data directory of the pool's admin, and commands that use it."""
        return FederationHome(self.folder / "pool", self.kraken_python, self)

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the pool's commands find the cloud, and may use the sites."""
        keys = {}
        for name, institution in self.institutions.items():
            keys[f"ARMARIUS_{name.upper()}_CLIENT_ID"] = institution.owner.id
            keys[f"ARMARIUS_{name.upper()}_CLIENT_SECRET"] = institution.owner.secret or ""
        return {**self.cloud.environment(POOL), **keys, HOME_VARIABLE: str(self.home.path)}


@dataclass(frozen=True)
class FederationHome(Home):
    """Commands of the pool's admin."""

    federation: Federation

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a command."""
        return {**super().environment, **self.federation.environment}


def why_no_federation() -> str:
    """Returns why none can be started here, or nothing if one can."""
    from support.cloud import why_no_cloud

    return why_no_cloud() or why_no_endpoint()


@contextmanager
def federation(
    folder: Path,
    kraken_python: Path,
    names: Sequence[str] = NAMES,
    *,
    limits: Limits | None = None,
    walltime: str = "2h",
    pace: float = 5.0,
    clusters: Mapping[str, str] | None = None,
    own_accounts: bool = False,
) -> Iterator[Federation]:
    """A running federation; with the block, all of it ends.

    Args:
        folder: Kept from one start to the next, if it is the same.
        kraken_python: The interpreter that has kraken.
        names: Of the institutions.
        limits: Of the cloud.
        walltime: The one that sites without a scheduler offer.
        pace: See :class:`Federation`.
        clusters: For institutions that have a Slurm cluster, the lines of the profile that say so: walltimes, setup,
            scratch and variables first, then tables.
        own_accounts: See :class:`Institution`; of all of them.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    cloud = LocalCloud.create(folder / "cloud", limits=limits)
    for person in map(owner_of, names):
        cloud.config.clients[person.id] = Client(secret=person.secret)
        cloud.config.identities[person.id] = Identity(username=person.username, name=person.username, service=True)
    made = Federation(folder, cloud, kraken_python, pace)
    with ExitStack() as stack:
        stack.enter_context(cloud.running())
        _prepare_pool(made)
        for name in names:
            made.institutions[name] = institution = _prepare(
                made, name, walltime, (clusters or {}).get(name), own_accounts
            )
            stack.enter_context(institution.endpoint.running())
            _join(made, institution)
        yield made


def _prepare_pool(made: Federation) -> None:
    """Makes the pool's own collection, and names it in the pool's configuration."""
    own = made.home.path / "collection"
    (own / "transfer").mkdir(parents=True, exist_ok=True)
    collection = made.cloud.add_collection("pool", own)
    config = made.home.path / "config"
    (config / "sites").mkdir(parents=True, exist_ok=True)
    (config / POOL_FILE).write_text(_POOL.format(collection=collection, path=own / "transfer"))


def _prepare(made: Federation, name: str, walltime: str, cluster: str | None, own_accounts: bool) -> Institution:
    """Does what the operator of a cluster does before the endpoint first starts."""
    folder = made.folder / name
    owner = owner_of(name)
    endpoint = Endpoint(folder / "globus", name, made.cloud, owner, maps_identities=own_accounts)
    institution = Institution(name, folder, owner, endpoint, made.kraken_python, cluster, own_accounts)
    institution.site.root.mkdir(parents=True, exist_ok=True)
    collection = made.cloud.add_collection(name, folder / "collection")
    institution.profile.write_text(
        ('callers = "everyone"\n' if own_accounts else "")
        + _PROFILE.format(
            name=name,
            root=institution.site.root,
            environment=endpoint_python().parent.parent,
            kraken=made.kraken_python,
            scheduler="slurm" if cluster else "local",
            machine=cluster or _ONE_MACHINE.format(walltime=walltime),
            collection=collection,
        )
    )
    operate(made, institution, "render")
    operate(made, institution, "register")
    if own_accounts:
        _map_identities(institution)
    return institution


def _map_identities(institution: Institution) -> None:
    """Lets the endpoint map everybody. Armarius renders that for Slurm alone, where accounts have jobs of their own."""
    rule = {"source": "{id}", "match": ".*", "output": NOBODY}
    mapping = institution.folder / "mapping.json"
    mapping.write_text(json.dumps([{"DATA_TYPE": "expression_identity_mapping#1.0.0", "mappings": [rule]}]))
    config, environment = (institution.endpoint.directory / name for name in _CHANGED)
    for each in (config, environment):
        (institution.folder / each.name).write_text(each.read_text())
    with config.open("a") as lines:
        lines.write(f"\nemail: operator@localhost\nidentity_mapping_config_path: {mapping}\n")


_CHANGED = ("config.yaml", "user_environment.yaml")


@contextmanager
def _as_rendered(institution: Institution) -> Iterator[None]:
    """Puts what Armarius rendered in the place of what the endpoint was started with, for a while."""
    directory = institution.endpoint.directory
    changed = {name: (directory / name).read_text() for name in _CHANGED}
    for name in _CHANGED if institution.own_accounts else ():
        (directory / name).write_text((institution.folder / name).read_text())
    try:
        yield
    finally:
        for name, text in changed.items():
            (directory / name).write_text(text)


def _join(made: Federation, institution: Institution) -> None:
    """Gives the site's file to the pool, with the name of its key."""
    with _as_rendered(institution):
        operate(made, institution, "register")
    text = (institution.endpoint.directory / "site.toml").read_text()
    named = f'identity = "{institution.name.upper()}"\npace = {made.pace}\n'
    own = "own_accounts = true\n" if institution.own_accounts else ""
    (made.home.path / "config" / "sites" / f"{institution.name}.toml").write_text(named + own + text)


def operate(made: Federation, institution: Institution, command: str, *options: str) -> str:
    """Runs ``armarius endpoint …`` as the operator of an institution, and returns what it prints."""
    environment = {
        **os.environ,
        **made.cloud.environment(institution.owner),
        "GLOBUS_COMPUTE_USER_DIR": str(institution.endpoint.user_dir),
    }
    arguments = [sys.executable, "-m", "armarius.client.cli", "endpoint", command, str(institution.profile), *options]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _main() -> None:
    """Starts a federation for a person, and says what to do with it."""
    import signal
    from threading import Event

    from support.engine_process import find_kraken_python

    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "federation").absolute()
    kraken = find_kraken_python()
    if reason := why_no_federation() or ("" if kraken else "no kraken environment: run make envs"):
        sys.exit(reason)
    assert kraken is not None
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo("Starting the local cloud (a test double of Globus' services) and two endpoints …")
    with federation(folder, kraken) as made:
        script = folder / "environment.sh"
        lines = [f"export {name}={json.dumps(value)}" for name, value in sorted(made.environment.items())]
        script.write_text("\n".join(lines) + "\n")
        click.echo(_WELCOME.format(script=script))
        stop.wait()
        click.echo("Ending it …")


_WELCOME = """\
Two institutions, alpha and beta, lend this machine to one pool. In another terminal:

  . {script}
  .envs/armarius/bin/armarius sites
  .envs/armarius/bin/armarius site check alpha
  .envs/armarius/bin/armarius train PAGES --site beta

Ctrl-C ends everything; started again, it is the same federation."""

if __name__ == "__main__":
    _main()
