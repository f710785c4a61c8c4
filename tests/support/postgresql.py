"""A PostgreSQL server of the tests' own: on the loopback interface, with a data directory that is thrown away."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from support.cli import PATIENCE, until
from support.ports import free_port

DEBIAN = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
"""Who runs the server where the tests are run by root: PostgreSQL refuses root."""
USER = "armarius"


def find_server() -> tuple[Path | None, str]:
    """Returns the folder of the server's programs, or None and why there is none."""
    named = shutil.which("initdb")
    found = [Path(named)] if named else sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        return None, "no PostgreSQL server: run tests/install-servers"
    if os.geteuid() == 0 and ACCOUNT not in {account.pw_name for account in pwd.getpwall()}:
        return None, f"root cannot run PostgreSQL, and there is no user called {ACCOUNT}"
    return found[-1].parent, ""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        port: On 127.0.0.1.
        password: Of the one user.
    """

    port: int
    password: str

    def connect(self) -> "psycopg.Connection[Any]":
        """Opens a connection in which each statement counts at once."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=self.password, dbname="postgres", autocommit=True
        )

    def new_database(self) -> str:
        """Makes an empty database and returns its URL."""
        name = f"journal_{secrets.token_hex(4)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{name}"

    def drop_connections(self) -> None:
        """Ends everybody else's connections, as a restart of the server does."""
        with self.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user "
                               "AND pid <> pg_backend_pid()")  # fmt: skip

    def answers(self) -> bool:
        """Tells whether it is ready."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running_server(programs: Path) -> Iterator[Server]:
    """Starts a server; it is ended, and its data deleted, with the block."""
    folder = Path(tempfile.mkdtemp(prefix="armarius-postgresql-"))
    try:
        server = Server(free_port(), secrets.token_hex(16))
        account = _account(folder)
        _make_cluster(programs, folder, server.password, account)
        process = _start(programs, folder, server.port, account)
        try:
            until(lambda: process.poll() is not None or server.answers(), "an answer of PostgreSQL")
            assert process.poll() is None, (folder / "log").read_text()
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
            process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def _account(folder: Path) -> dict[str, Any]:
    """Returns who runs the server, as subprocess takes it, and gives the folder to that account."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(ACCOUNT)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [entry.pw_gid]}


def _make_cluster(programs: Path, folder: Path, password: str, account: dict[str, Any]) -> None:
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o400)
    if account:
        os.chown(secret, account["user"], account["group"])
    options = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"]
    made = subprocess.run(
        [programs / "initdb", "--no-sync", *options, f"--pgdata={folder / 'data'}"],
        cwd=folder, capture_output=True, text=True, timeout=PATIENCE, **account,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr


def _start(programs: Path, folder: Path, port: int, account: dict[str, Any]) -> "subprocess.Popen[bytes]":
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(port), *options],
            cwd=folder, stdout=log, stderr=log, start_new_session=True, **account,
        )  # fmt: skip
