"""Workers of a rendered configuration, kept running: Globus Compute's engine in its environment, without a cloud.

Each task comes to a meeting at a port of this process, says what it sees, and goes on once all have been heard.
"""

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from cloud.broker import end_tree
from support.cli import until
from support.endpoint import endpoint_python

_PROGRAM = """
import pathlib, sys, uuid
from globus_compute_endpoint.endpoint.config import utils

def meet(port):
    import json, os, socket
    with socket.create_connection(("127.0.0.1", port)) as meeting:
        seen = {"pid": os.getpid(), "device": os.environ.get("CUDA_VISIBLE_DEVICES")}
        meeting.sendall(json.dumps(seen).encode() + b"\\n")
        meeting.recv(1)

def main(folder, port):
    engine = utils.load_config_yaml((folder / "config.yaml").read_text()).engine
    engine.start(endpoint_id=uuid.UUID(int=0), run_dir=str(folder))
    try:
        for wish in sys.stdin:
            tasks = [engine.executor.submit(meet, {}, port) for _ in range(int(wish))]
            for task in tasks:
                task.result()
            print(len(tasks), flush=True)
    finally:
        engine.shutdown()

if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
"""

FAKE_NVIDIA_SMI = """\
#!/bin/sh
echo 'GPU 0: NVIDIA A100 (UUID: GPU-0)'
echo '  MIG 3g.20gb Device 0: (UUID: MIG-a)'
echo '  MIG 3g.20gb Device 1: (UUID: MIG-b)'
echo 'GPU 1: NVIDIA A100 (UUID: GPU-1)'
"""
"""Parsl's workers count its lines, and may number GPUs by them; so this machine's own does not matter."""

_MARK = "GLOBUS_COMPUTE_USER_DIR"
_PATIENCE = 120.0


@dataclass(frozen=True)
class Guest:
    """A task that has come.

    Attributes:
        pid: Of the worker that runs it.
        device: The accelerator that it sees.
    """

    pid: int
    device: str | None


@dataclass(frozen=True)
class Workers:
    """The engine with its workers, and where their tasks meet."""

    process: "subprocess.Popen[str]"
    door: socket.socket

    def meet(self, tasks: int, at_once: int) -> list[list[Guest]]:
        """Submits tasks, and holds each until so many are there at the same time.

        Args:
            tasks: How many.
            at_once: How many are waited for, again and again; it divides the former.

        Returns:
            Who met, by meeting, in the order in which they came.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{tasks}\n")
        self.process.stdin.flush()
        found = [self._meeting(at_once) for _ in range(tasks // at_once)]
        assert self.process.stdout.readline() == f"{tasks}\n"
        return found

    def _meeting(self, size: int) -> list[Guest]:
        connections = [self.door.accept()[0] for _ in range(size)]
        guests = []
        for connection in connections:
            with connection.makefile() as said:
                guests.append(Guest(**json.loads(said.readline())))
        for connection in connections:
            connection.close()
        return guests


@contextmanager
def workers(config: str, folder: Path) -> Iterator[Workers]:
    """Starts the engine; it and its workers end with the block.

    Args:
        config: As it was rendered.
        folder: For its own files.
    """
    (folder / "config.yaml").write_text(config)
    (folder / "program.py").write_text(_PROGRAM)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "nvidia-smi").write_text(FAKE_NVIDIA_SMI)
    (programs / "nvidia-smi").chmod(0o755)
    # The engine finds its interchange by it, too.
    path = f"{programs}:{endpoint_python().parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, _MARK: str(folder)}
    with socket.create_server(("127.0.0.1", 0)) as door, (folder / "errors").open("w") as errors:
        door.settimeout(_PATIENCE)
        process = subprocess.Popen(
            [endpoint_python(), folder / "program.py", folder, str(door.getsockname()[1])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, cwd=folder,
        )  # fmt: skip
        try:
            yield Workers(process, door)
            process.communicate(timeout=_PATIENCE)
            until(lambda: not started_in(folder), "the end of the workers")
        finally:
            for pid in started_in(folder):  # workers are nobody's children
                end_tree(pid)
            process.communicate()


def started_in(folder: Path) -> list[int]:
    """Returns what lives of the engine that has its files in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK) == str(folder):
                found.append(process.pid)
    return found
