"""A cluster's accounting: a MariaDB in its folder, asked through a socket file, and a slurmdbd before it. Pure."""

import secrets
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from cluster.addresses import own_loopback
from cluster.layout import Layout

PROGRAMS = ("slurmdbd", "sacctmgr", "sacct", "mariadbd", "mariadb-install-db")

DATABASE, KEEPER = "mariadbd", "slurmdbd"
"""The names of the two daemons."""

_KEEPER = """\
AuthType=auth/munge
AuthInfo=socket={layout.socket}
DbdHost={host}
DbdAddr={address}
DbdPort={port}
{listening}
SlurmUser={user}
PidFile={layout.folder}/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm
"""

_CONTROLLER = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost={address}
AccountingStoragePort={port}
AccountingStoragePass={layout.socket}
AccountingStorageEnforce=associations
AccountingStorageTRES=gres/gpu"""

NONE = "AccountingStorageType=accounting_storage/none"
"""In slurm.conf, where there is no accounting."""

_SMALL = (
    "--performance-schema=OFF", "--skip-log-bin", "--key-buffer-size=1M", "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=0", "--innodb-fast-shutdown=2",
)  # fmt: skip
"""For a database of a few jobs, which is thrown away."""


def why_no_accounting(path: str | None = None) -> str:
    """Returns why no cluster can have accounting here, or nothing if one can.

    Args:
        path: Where to look for programs; by default where this process does.
    """
    missing = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    return f"no {', '.join(missing)}: run tests/install-servers" if missing else ""


@dataclass(frozen=True)
class Accounting:
    """What is written and run for it.

    Attributes:
        layout: Where the cluster is.
        port: Of slurmdbd. The database has none.
        user: The account of all daemons; all the accounts below are its own.
        password: Of the database.
    """

    layout: Layout
    port: int
    user: str
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def prepare(self) -> None:
        """Writes slurmdbd.conf, which nobody else may read, and what the database does first."""
        conf, orders = self.layout.keeper_conf, self.layout.database_orders
        for path in (conf, orders):
            path.touch(0o600)
        host, loopback = socket.gethostname().partition(".")[0], own_loopback()
        conf.write_text(
            _KEEPER.format(
                layout=self.layout,
                host=host,
                address=loopback or "127.0.0.1",
                port=self.port,
                listening="CommunicationParameters=NoInAddrAny" if loopback else "",
                user=self.user,
                password=self.password,
            )
        )
        orders.write_text(
            f"CREATE DATABASE slurm;\nCREATE USER slurm@localhost IDENTIFIED BY '{self.password}';\n"
            "GRANT ALL ON slurm.* TO slurm@localhost;\n"
        )

    def controller_lines(self) -> str:
        """Returns the lines of slurm.conf."""
        return _CONTROLLER.format(layout=self.layout, address=own_loopback() or "127.0.0.1", port=self.port)

    def make_database(self) -> list[str]:
        """Returns the command that makes an empty database."""
        return [
            "mariadb-install-db", "--no-defaults", f"--datadir={self.layout.database}", f"--user={self.user}",
            "--auth-root-authentication-method=socket", f"--auth-root-socket-user={self.user}",
            "--skip-test-db", "--skip-name-resolve",
        ]  # fmt: skip

    def database(self) -> list[str]:
        """Returns the command that runs the database; it listens on its socket file alone."""
        return [
            DATABASE, "--no-defaults", f"--datadir={self.layout.database}", f"--user={self.user}",
            f"--socket={self.layout.database_socket}", "--skip-networking", f"--tmpdir={self.layout.folder / 'run'}",
            f"--pid-file={self.layout.folder / 'run' / 'mariadbd.pid'}",
            f"--init-file={self.layout.database_orders}", *_SMALL,
        ]  # fmt: skip

    def keeper_variables(self) -> dict[str, str]:
        """Returns the environment by which slurmdbd finds the database, beside that of the cluster."""
        return {"MYSQL_UNIX_PORT": str(self.layout.database_socket)}

    def orders(self, cluster: str, accounts: Sequence[str]) -> list[list[str]]:
        """Returns the commands that make the cluster and its accounts known; the first account is the user's default.

        Args:
            cluster: Its name.
            accounts: Their names.
        """
        manage = ["sacctmgr", "--immediate", "--quiet"]
        return [
            [*manage, "add", "cluster", cluster],
            [*manage, "add", "account", ",".join(accounts), "Organization=tests", "Description=tests"],
            [*manage, "add", "user", self.user, f"Account={','.join(accounts)}", f"DefaultAccount={accounts[0]}"],
        ]
