"""An unmodified Globus Compute endpoint as a tree of real processes."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from cloud.broker import end_tree
from support.cloud import OPERATOR, LocalCloud, Person
from support.powers import can_shed_root, shed_root, swapped

PYTHON_VARIABLE = "ARMARIUS_ENDPOINT_PYTHON"
"""Environment variable: the Python that has globus-compute-endpoint."""
PROGRAM = "globus-compute-endpoint"
_REPOSITORY = Path(__file__).resolve().parents[2]
_PATIENCE = 90.0
_ENDING = 30.0
_PID_FILE = "daemon.pid"
_INTERCHANGE = "parsl: HTEX interchange"
_MANAGER = "parsl.executors.high_throughput.process_worker_pool"
_SPAWNED = "multiprocessing.spawn"


class EndpointError(Exception):
    """The endpoint did not do what was expected; says what it wrote."""


def endpoint_python() -> Path:
    """Returns the Python of the endpoint's environment, whether it is there or not."""
    named = os.environ.get(PYTHON_VARIABLE)
    return Path(named) if named else _REPOSITORY / ".envs" / "endpoint" / "bin" / "python"


def why_no_endpoint() -> str:
    """Returns why no endpoint can be started here, or nothing if one can."""
    if not (endpoint_python().parent / PROGRAM).exists():
        return f"no globus-compute-endpoint beside {endpoint_python()}: run make envs, or set {PYTHON_VARIABLE}"
    return ""


def why_no_mapping() -> str:
    """Returns why no endpoint can map identities here, or nothing if one can."""
    return why_no_endpoint() or ("" if can_shed_root() else "only root, and with user namespaces, can map identities")


@dataclass
class Endpoint:
    """One endpoint, from its configured directory.

    Started by root, it is made to run as an ordinary user, in a user namespace, so that it behaves as an endpoint of
    one person. Where that is not allowed, or where it is to map identities, it runs as root: then its ``config.yaml``
    needs an ``email``, and the variables that its user endpoints need are added to its ``user_environment.yaml``,
    because such an endpoint passes on none of its own. Identities can be mapped to `support.powers.NOBODY`.

    Attributes:
        user_dir: Of Globus Compute (``GLOBUS_COMPUTE_USER_DIR``), in which the endpoint has been configured.
        name: Of the endpoint; its directory is in there.
        cloud: Where it is to be registered.
        client: The application as which it signs in.
        maps_identities: Whether it is to run as root in order to map identities.
    """

    user_dir: Path
    name: str
    cloud: LocalCloud
    client: Person = OPERATOR
    maps_identities: bool = False
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _sessions: set[int] = field(default_factory=set, repr=False)

    @property
    def directory(self) -> Path:
        """Of its configuration and its log."""
        return self.user_dir / self.name

    @property
    def id(self) -> str:
        """Its UUID; it has one once it has been registered."""
        document: dict[str, str] = json.loads((self.directory / "endpoint.json").read_text())
        return document["endpoint_id"]

    @contextmanager
    def running(self) -> Iterator["Endpoint"]:
        """Starts it and waits until it is online; with the block, it and all it has started end."""
        try:
            self.start()
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        """Starts it and waits until the cloud says that it is online.

        After `kill`, its PID file is removed first, as the unit of a site does: an endpoint refuses to start while that
        of an earlier life is younger than three heartbeats.

        Raises:
            EndpointError: It ends, or does not come online.
        """
        if self._process is not None and self._process.poll() is not None:
            (self.directory / _PID_FILE).unlink(missing_ok=True)
        began = time.time()
        with self._powers() as prefix, (self.user_dir / f"{self.name}.output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [*prefix, str(endpoint_python().parent / PROGRAM), "start", self.name],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            self._sessions.add(self._process.pid)
            self._until(lambda: self._has_reported(began), "come online")

    @contextmanager
    def _powers(self) -> Iterator[list[str]]:
        """A prefix for the command that starts it."""
        if self.maps_identities:
            self._tell_user_endpoints()
            with swapped() as prefix:
                yield prefix
        elif can_shed_root():
            yield shed_root()
        else:
            if os.geteuid() == 0:
                self._tell_user_endpoints()
            yield []

    def _has_reported(self, since: float) -> bool:
        """Tells whether the cloud has heard of it since a time."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise EndpointError(f"endpoint {self.name} ended with {self._process.returncode}\n{self.log()}")
        identity = self.directory / "endpoint.json"
        return identity.exists() and identity.stat().st_size > 0 and self.cloud.last_heartbeat(self.id) > since

    def _environment(self) -> dict[str, str]:
        own = {"GLOBUS_COMPUTE_USER_DIR": str(self.user_dir), "HOME": str(self.user_dir)}
        path = f"{endpoint_python().parent}:{os.environ.get('PATH', os.defpath)}"
        return {**os.environ, **self.cloud.environment(self.client), **own, "PATH": path}

    def _tell_user_endpoints(self) -> None:
        path = self.directory / "user_environment.yaml"
        configured: dict[str, Any] = (yaml.safe_load(path.read_text()) if path.exists() else None) or {}
        passed = {key: value for key, value in self._environment().items() if key.startswith("GLOBUS_")}
        for name in ("GLOBUS_COMPUTE_CLIENT_ID", "GLOBUS_COMPUTE_CLIENT_SECRET"):
            passed.pop(name, None)
        needed = {"PATH": self._environment()["PATH"], "HOME": str(self.user_dir), **passed}
        path.write_text(yaml.safe_dump({**needed, **configured}))

    @property
    def pid(self) -> int:
        """The id of the endpoint proper: of what was started, since ``unshare`` becomes it."""
        assert self._process is not None, "the endpoint was not started"
        return self._process.pid

    def processes(self) -> list[psutil.Process]:
        """Returns the endpoint and all it has started that is alive, also what has lost its parent since.

        Every user endpoint leads a session, and what it starts stays in that session: so nothing is missed that was
        started since this was last called, unless its whole ancestry has died in between.
        """
        running = {process.pid: _session(process) for process in psutil.process_iter()}
        if self._process is not None:
            below = _descendants(self._process.pid)
            self._sessions |= {session for pid, session in running.items() if pid in below and session is not None}
        found = [
            process for pid, session in running.items() if session in self._sessions and (process := _process(pid))
        ]
        return [process for process in found if _alive(process)]

    def user_endpoints(self) -> list[psutil.Process]:
        """Returns the main processes of its user endpoints."""
        return [process for process in self.processes() if _parent(process) == self.pid]

    def interchanges(self) -> list[psutil.Process]:
        """Returns Parsl's interchanges."""
        return [process for process in self.processes() if _title(process).startswith(_INTERCHANGE)]

    def managers(self) -> list[psutil.Process]:
        """Returns Parsl's managers: the heads of the worker pools."""
        return [process for process in self.processes() if _MANAGER in process.cmdline()]

    def workers(self) -> list[psutil.Process]:
        """Returns the processes in which Parsl's workers run functions."""
        found: list[psutil.Process] = []
        for manager in self.managers():
            spawned = [child for child in manager.children() if _SPAWNED in _title(child)]
            # The first that a manager starts keeps its books.
            found += sorted(spawned, key=lambda child: child.create_time())[1:]
        return found

    def log(self) -> str:
        """Returns what the endpoint and its user endpoints have written."""
        paths = [*sorted(self.user_dir.glob(f"{self.name}.output.log")), *sorted(self.user_dir.rglob("endpoint.log"))]
        return "\n".join(f"== {path}\n{path.read_text(errors='replace')[-6000:]}" for path in paths)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal to the endpoint proper only, and waits for its end. What it has started may go on."""
        self.processes()  # so that they are found afterwards
        assert self._process is not None, "the endpoint was not started"
        self._process.send_signal(number)
        self._process.wait(_ENDING)

    def stop(self) -> None:
        """Ends it in good order, and then whatever of it is left."""
        if self._process is None:
            return
        self.processes()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING)
        for process in self.processes():
            end_tree(process.pid)
        self._process.wait(_ENDING)
        self._process = None
        self._sessions.clear()

    def _until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not true():
            if time.monotonic() > deadline:
                raise EndpointError(f"endpoint {self.name} did not {what} in {_PATIENCE:.0f} s\n{self.log()}")
            time.sleep(0.1)


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except (ProcessLookupError, PermissionError):
        return None


def _descendants(pid: int) -> set[int]:
    try:
        return {pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))}
    except psutil.NoSuchProcess:
        return set()


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _process(pid: int) -> psutil.Process | None:
    """Returns a process, unless it has ended since it was listed."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
