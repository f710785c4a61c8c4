"""A private RabbitMQ, on the loopback interface, from Debian's package; no use is made of its default service."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from support.ports import free_port

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The server itself: Debian's wrapper around it insists on the account of its default service."""
_PATIENCE = 60.0
_ENDING = 10.0
_AMQP_GREETING = b"AMQP\x00\x00\x09\x01"

_SETTINGS = """\
listeners.tcp.default = 127.0.0.1:{port}
loopback_users = none
log.console = false
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
"""


class BrokerError(Exception):
    """The broker cannot be started; says why."""


def find_broker() -> str:
    """Returns why there can be no broker here, or nothing if there can."""
    return "" if PROGRAM.exists() and shutil.which("epmd") else "no RabbitMQ: run tests/install-servers"


@dataclass
class Broker:
    """A RabbitMQ of its own, with data that outlive it.

    Attributes:
        folder: Where it keeps everything. Made if it is not there.
        port: Of AMQP, on 127.0.0.1.
    """

    folder: Path
    port: int
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _port_mapper: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    @property
    def pid(self) -> int | None:
        """The id of its main process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Starts it and waits until it accepts connections.

        Raises:
            BrokerError: It is not installed, or does not start.
        """
        if reason := find_broker():
            raise BrokerError(reason)
        self._prepare()
        environment = self._environment()
        # Erlang would start its port mapper as a daemon, which nobody ends.
        self._port_mapper = self._run(["epmd"], environment)
        self._process = self._run([str(PROGRAM)], environment)
        deadline = time.monotonic() + _PATIENCE
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise BrokerError(f"RabbitMQ did not start:\n{self.log()}")
            time.sleep(0.05)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Ends it, by default as a power failure would. What was confirmed is kept."""
        for process in (self._process, self._port_mapper):
            if process is not None:
                end_tree(process.pid, number)
                process.wait()
        self._process = self._port_mapper = None

    def stop(self) -> None:
        """Ends it in good order."""
        self.kill(signal.SIGTERM)

    def log(self) -> str:
        """Returns what it has written."""
        files = [self.folder / "output.log", *sorted((self.folder / "log").glob("*.log"))]
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in files if path.exists())

    def _prepare(self) -> None:
        for part in ("log", "data"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(_SETTINGS.format(port=self.port))
        (self.folder / "enabled_plugins").write_text("[].")

    def _run(self, command: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "output.log").open("ab") as output:
            return subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"cloud{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _accepts(self) -> bool:
        """Tells whether it answers an AMQP client that asks for a version it does not have."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0) as connection:
                connection.settimeout(5.0)
                connection.sendall(_AMQP_GREETING)
                return bool(connection.recv(8))
        except OSError:
            return False


def end_tree(pid: int, number: int = signal.SIGKILL) -> None:
    """Sends a signal to a process and all it has started, and waits until they have ended. Who stays is killed."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in reversed(tree):
        _send(process, number)
    _, alive = psutil.wait_procs(tree, _ENDING)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, _ENDING)


def _send(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
