"""What a cluster consists of: nodes, ports, and the one class that owns every path."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Node:
    """A node, which is a slurmd on this machine.

    Attributes:
        name: For Slurm; no other cluster on this machine has the same.
        port: On 127.0.0.1.
        gpus: How many it pretends to have.
    """

    name: str
    port: int
    gpus: int = 0


@dataclass(frozen=True)
class Size:
    """What each node claims to have; Slurm believes it.

    Attributes:
        cpus: Of each node.
        memory: Of each node, in MB.
        gpus: Of the one node that has some.
    """

    cpus: int = 4
    memory: int = 8000
    gpus: int = 2


@dataclass(frozen=True)
class Layout:
    """Where a cluster keeps everything.

    Attributes:
        folder: Almost all of it.
        sockets: What sockets lie in: their paths may have no more than 107 characters.
    """

    folder: Path
    sockets: Path

    @property
    def conf(self) -> Path:
        """slurm.conf, which clients find by SLURM_CONF."""
        return self.folder / "etc" / "slurm.conf"

    @property
    def gres(self) -> Path:
        """gres.conf: the GPUs."""
        return self.folder / "etc" / "gres.conf"

    @property
    def cgroup(self) -> Path:
        """cgroup.conf."""
        return self.folder / "etc" / "cgroup.conf"

    @property
    def key(self) -> Path:
        """The secret that munge shares with all nodes."""
        return self.folder / "munge" / "key"

    @property
    def socket(self) -> Path:
        """Where munge is asked."""
        return self.sockets / "munge" / "socket"

    @property
    def keeper_conf(self) -> Path:
        """slurmdbd.conf, which slurmdbd finds beside slurm.conf."""
        return self.folder / "etc" / "slurmdbd.conf"

    @property
    def database(self) -> Path:
        """The data of MariaDB."""
        return self.folder / "database"

    @property
    def database_orders(self) -> Path:
        """What MariaDB does before it answers anybody."""
        return self.folder / "etc" / "database.sql"

    @property
    def database_socket(self) -> Path:
        """Where MariaDB is asked."""
        return self.sockets / "database"

    def log(self, daemon: str) -> Path:
        """Returns what a daemon writes."""
        return self.folder / "log" / f"{daemon}.log"

    def prepare(self, nodes: Sequence[Node]) -> None:
        """Makes all folders, and the key."""
        below = [self.folder / part for part in ("etc", "state", "log", "run", "munge", "dev")]
        for folder in [*below, self.socket.parent, *(self.sockets / node.name for node in nodes)]:
            folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        if not self.key.exists():
            self.key.touch(0o600)
            self.key.write_bytes(os.urandom(128))
            self.key.chmod(0o400)

    def devices(self, count: int) -> list[Path]:
        """Returns character devices that stand for GPUs; Slurm counts no others.

        Root makes some of its own; nobody opens them. Without root, terminals of this machine have to do.
        """
        found = []
        for number in range(count):
            path = self.folder / "dev" / f"gpu{number}"
            try:
                if not path.exists():
                    os.mknod(path, 0o020666, os.makedev(195, number))
            except OSError:
                path = Path(f"/dev/tty{number + 1}")
            found.append(path)
        return found
