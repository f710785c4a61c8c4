"""A local cloud as processes: a broker and a web server, each of which can be killed and started again.

For tests and for scripts alike; everything that is started here is ended here, whatever happens.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cloud.broker import Broker, end_tree, find_broker
from cloud.config import COMPUTE_SDK_CLIENT, Client, CloudConfig, Collection, Group, Identity, Limits
from support.cloud_door import Door, Faults, Stats
from support.ports import free_port

PORT = 5000
"""Where the Compute SDK looks for a local cloud; it cannot be told another port."""
_TESTS = Path(__file__).resolve().parents[1]
_PATIENCE = 60.0


class CloudError(Exception):
    """The local cloud cannot be started; says why."""


def why_no_cloud() -> str:
    """Returns why no local cloud can be started here, or nothing if one can."""
    return find_broker()


def known_id(name: str) -> str:
    """Returns the id of what the default configuration calls by a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.armarius.localhost"))


@dataclass(frozen=True)
class Person:
    """Somebody, or something, that the cloud knows.

    Attributes:
        id: Their identity.
        username: As Globus shows it.
        secret: Of an application.
    """

    id: str
    username: str
    secret: str | None = None


POOL = Person(known_id("pool"), f"{known_id('pool')}@clients.auth.globus.org", "the-secret-of-the-pool")
"""The application that submits jobs."""
OPERATOR = Person(known_id("operator"), f"{known_id('operator')}@clients.auth.globus.org", "the-secret-of-the-operator")
"""The application as which endpoints are registered."""
CAROL = Person(known_id("carol"), "carol@university.example")
"""A person who can sign in, and is in the group of users."""
MALLORY = Person(known_id("mallory"), "mallory@elsewhere.example")
"""A person who can sign in, and is in no group."""
USERS = known_id("users")
"""The group of users."""
NATIVE_CLIENT = known_id("native-application")
"""An application in which people sign in."""


def default_config(state: Path, amqp_url: str) -> CloudConfig:
    """Returns a configuration in which everybody above exists."""
    applications, people = (POOL, OPERATOR), (CAROL, MALLORY)
    return CloudConfig(
        amqp_url=amqp_url,
        state=state,
        clients={
            **{person.id: Client(secret=person.secret) for person in applications},
            NATIVE_CLIENT: Client(),
            COMPUTE_SDK_CLIENT: Client(),
        },
        identities={
            **{who.id: Identity(username=who.username, name=who.username, service=True) for who in applications},
            **{who.id: Identity(username=who.username, name=who.username.split("@")[0]) for who in people},
        },
        groups={USERS: Group(name="users", members={CAROL.id: "member", POOL.id: "member"})},
    )


@dataclass
class LocalCloud:
    """The processes of a local cloud.

    Attributes:
        folder: Where everything of it is kept.
        config: See there; its ``amqp_url`` and ``state`` are those of this folder.
        broker: Its message broker.
        port: Of its web server, on 127.0.0.1.
    """

    folder: Path
    config: CloudConfig
    broker: Broker
    port: int = PORT
    _web: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @classmethod
    def create(cls, folder: Path, *, limits: Limits | None = None, port: int = PORT) -> "LocalCloud":
        """Prepares a cloud in a folder; nothing is started yet, and the configuration may still be changed."""
        broker = Broker(folder / "broker", free_port())
        config = default_config(folder / "state", broker.url)
        config.limits = limits or Limits()
        return cls(folder, config, broker, port)

    @classmethod
    @contextmanager
    def start(cls, folder: Path, *, limits: Limits | None = None, port: int = PORT) -> Iterator["LocalCloud"]:
        """A running cloud; with the block, it ends."""
        cloud = cls.create(folder, limits=limits, port=port)
        with cloud.running():
            yield cloud

    @contextmanager
    def running(self) -> Iterator["LocalCloud"]:
        """Starts it; with the block, it ends.

        Raises:
            CloudError: Its port is taken, or it does not start.
        """
        try:
            self.broker.start()
            self.restart_web()
            yield self
        finally:
            self.kill_web(signal.SIGTERM)
            self.broker.stop()

    @property
    def url(self) -> str:
        """Of all its services."""
        return f"http://localhost:{self.port}"

    @property
    def faults(self) -> Faults:
        """Orders faults."""
        return Faults(self._door)

    @property
    def _door(self) -> Door:
        return Door(f"http://127.0.0.1:{self.port}")

    @property
    def web_pid(self) -> int | None:
        """The id of the web process, while it runs."""
        return self._web.pid if self._web and self._web.poll() is None else None

    def kill_web(self, number: int = signal.SIGKILL) -> None:
        """Ends the web process, by default as a power failure would."""
        if self._web is not None:
            end_tree(self._web.pid, number)
            self._web.wait()
            self._web = None

    def restart_web(self) -> None:
        """Starts the web process (again), and waits until it serves.

        Raises:
            CloudError: Its port is taken, or it does not start.
        """
        self.kill_web()
        _must_be_free(self.port)
        path = self.folder / "cloud.json"
        path.write_text(self.config.model_dump_json(indent=2))
        with (self.folder / "web.log").open("ab") as log:
            self._web = subprocess.Popen(
                [sys.executable, "-m", "cloud", "--config", str(path), "--port", str(self.port)],
                env={**os.environ, "PYTHONPATH": str(_TESTS)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._web.poll() is not None or time.monotonic() > deadline:
                raise CloudError(f"the local cloud did not start:\n{self.log()}")
            time.sleep(0.05)

    def kill_broker(self) -> None:
        """Ends the broker as a power failure would."""
        self.broker.kill()

    def restart_broker(self) -> None:
        """Starts the broker again, with what it had confirmed."""
        self.broker.kill()
        self.broker.start()

    def environment(self, client: Person | None = POOL) -> dict[str, str]:
        """Returns the environment variables by which Globus' packages find this cloud.

        Args:
            client: As which application they sign in; None: they ask a person to.
        """
        found = {
            "GLOBUS_SDK_ENVIRONMENT": "local",
            "GLOBUS_SDK_SERVICE_URL_AUTH": f"{self.url}/",
            "GLOBUS_SDK_SERVICE_URL_COMPUTE": f"{self.url}/",
            "GLOBUS_SDK_SERVICE_URL_GROUPS": f"{self.url}/",
            "GLOBUS_SDK_SERVICE_URL_TRANSFER": f"{self.url}/",
        }
        if client is not None:
            found["GLOBUS_COMPUTE_CLIENT_ID"] = client.id
            found["GLOBUS_COMPUTE_CLIENT_SECRET"] = client.secret or ""
        return found

    def add_collection(self, name: str, root: Path) -> str:
        """Makes a folder a collection, now and after a restart; returns its id."""
        collection = Collection(name=name, root=root)
        collection_id: str = self._door.ask("POST", "/_collections", collection.model_dump(mode="json"))["id"]
        return collection_id

    def change_limits(self, **figures: float | bool) -> None:
        """Changes some limits (see `cloud.config.Limits`), also for the time after a restart."""
        changed = self._door.ask("PATCH", "/_limits", figures)
        self.config.limits = Limits.model_validate(changed)

    def last_heartbeat(self, endpoint_id: str) -> float:
        """Returns when an endpoint, or user endpoint, last reported: seconds of the epoch, or 0 if it is offline."""
        found = self._door.ask("GET", f"/_endpoints/{endpoint_id}")
        return float(found["last_heartbeat"]) if found["online"] else 0.0

    def stats(self) -> Stats:
        """Returns what the cloud has counted."""
        return Stats(**self._door.ask("GET", "/_stats"))

    def forget_stats(self) -> None:
        """Counts requests from zero again."""
        self._door.ask("DELETE", "/_stats")

    def log(self) -> str:
        """Returns the end of what the web process has written."""
        path = self.folder / "web.log"
        return path.read_text(errors="replace")[-8000:] if path.exists() else ""

    def _answers(self) -> bool:
        try:
            return bool(self._door.ask("GET", "/_health")["status"] == "ready")
        except (urllib.error.URLError, OSError):
            return False


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CloudError(
                f"port {port} of 127.0.0.1 is taken, perhaps by another local cloud; the Compute SDK knows no other. "
                f"End what listens there (ss -ltnp 'sport = :{port}' tells), or run this in a network of its own: "
                "unshare -n sh -c 'ip link set lo up; exec COMMAND' (as root)."
            ) from error
