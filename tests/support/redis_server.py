"""A Redis server of the tests' own: on the loopback interface, in memory alone."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from support.cli import PATIENCE, until
from support.ports import free_port


def find_redis() -> tuple[str | None, str]:
    """Returns the program, or None and why there is none."""
    found = shutil.which("redis-server")
    return found, "" if found else "no Redis server: run tests/install-servers"


@contextmanager
def running_redis(program: str, folder: Path) -> Iterator[str]:
    """Starts a server and gives its URL; it is ended with the block."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        until(lambda: process.poll() is not None or _answers(url), "an answer of Redis")
        assert process.poll() is None
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def flush(url: str) -> None:
    """Forgets everything: queues, results, rooms."""
    with redis.Redis.from_url(url) as client:
        client.flushall()


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
