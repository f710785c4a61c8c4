"""Globus Compute's own renderer and loader, kept running: a program in its environment, asked line by line."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from support.endpoint import endpoint_python

_PROGRAM = """
import json, os, pathlib, pwd, sys, tempfile, uuid
from globus_compute_endpoint.endpoint.config import utils
from globus_compute_endpoint.endpoint.identity_mapper import MappedPosixIdentity, PosixIdentityMapper

me = MappedPosixIdentity(pwd.getpwuid(os.getuid()), [], uuid.UUID(int=0))

def render(folder, options):
    folder = pathlib.Path(folder)
    path = folder / "user_config_template.yaml.j2"
    schema = utils.load_user_config_schema(folder / "user_config_schema.json")
    core = utils.get_config(folder)
    return utils.render_config_user_template(
        core, utils.load_user_config_template(path), path, me, schema, options, {})

def load(text):
    config = utils.load_config_yaml(text)
    engine = config.engine
    provider = getattr(getattr(engine, "executor", None), "provider", None)
    found = {"engine": type(engine).__name__, "provider": provider and type(provider).__name__,
             "serializers": sorted(kind.__name__ for kind in engine.serde.allowed_deserializer_types),
             "soft": config.idle_heartbeats_soft, "hard": config.idle_heartbeats_hard}
    if provider is not None:
        found["script"] = getattr(provider, "scheduler_options", "") + provider.worker_init
        found["workers"] = engine.executor._workers_per_node
        found["executor"] = type(engine.executor).__name__
    if found["provider"] == "SlurmProvider":
        with tempfile.TemporaryDirectory() as provider.script_dir:
            provider.submit("true", 1, "parsl.name")
            found["sbatch"] = next(pathlib.Path(provider.script_dir).iterdir()).read_text()
    engine.shutdown()
    return found

def core(folder):
    config = utils.get_config(pathlib.Path(folder))
    return {"kind": type(config).__name__, "allowed": config.allowed_functions, "name": config.display_name}

def map_identity(path, identity):
    mapper = PosixIdentityMapper(path, str(uuid.UUID(int=0)))
    return [found for each in mapper.map_identities([identity]) for found in each]

ways = {"render": render, "load": load, "core": core, "map_identity": map_identity}
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    way, *arguments = json.loads(line)
    try:
        answer = {"answer": ways[way](*arguments)}
    except Exception as error:
        answer = {"refused": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
"""

FAKE_SACCT = "#!/bin/sh\nexit 1\n"
"""SlurmProvider asks for sacct as soon as it is made; this one says that there is no accounting."""

FAKE_SBATCH = "#!/bin/sh\necho Submitted batch job 7\n"
"""Takes every job and runs none."""


class Refused(Exception):
    """Globus Compute will not."""


@dataclass(frozen=True)
class Renderer:
    """The program, ready for questions."""

    asks: IO[str]
    answers: IO[str]

    def _ask(self, *question: Any) -> Any:
        self.asks.write(json.dumps(question) + "\n")
        self.asks.flush()
        answer = json.loads(self.answers.readline())
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["answer"]

    def render(self, folder: Path, options: Any) -> str:
        """Returns what a user endpoint of these options would be configured with.

        Raises:
            Refused: There will be none.
        """
        text: str = self._ask("render", str(folder), options)
        return text

    def load(self, text: str) -> dict[str, Any]:
        """Makes the engine of a rendered configuration, and tells what it is."""
        found: dict[str, Any] = self._ask("load", text)
        return found

    def core(self, folder: Path) -> dict[str, Any]:
        """Reads the endpoint's own configuration."""
        found: dict[str, Any] = self._ask("core", str(folder))
        return found

    def map_identity(self, path: Path, identity: dict[str, str]) -> list[dict[str, list[str]]]:
        """Returns the accounts of an identity."""
        found: list[dict[str, list[str]]] = self._ask("map_identity", str(path), identity)
        return found


@contextmanager
def renderer(folder: Path) -> Iterator[Renderer]:
    """Starts the program; it ends with the block.

    Args:
        folder: For its own files.
    """
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name, text in (("sacct", FAKE_SACCT), ("sbatch", FAKE_SBATCH)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "GLOBUS_COMPUTE_USER_DIR": str(folder)}
    command = [str(endpoint_python()), "-c", _PROGRAM]
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Renderer(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait(30)
