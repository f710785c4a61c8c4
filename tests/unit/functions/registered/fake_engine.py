"""An engine without kraken: a program that answers as kraken's interpreter does, and then behaves as a test says."""

import json
import sys
from pathlib import Path
from shlex import quote

import psutil

from armarius.functions.contracts import Limits, RunSpec, Task
from armarius.functions.site import Site

ENVIRONMENT = {"kraken": "7.1.1", "torch": "2.9.1", "armarius": "0.1.0"}

FINISHES = "end(outcome='finished', kraken='7.1.1', torch='2.9.1')"

PROGRAM = """
import json, os, signal, subprocess, sys
if sys.argv[1] == "-c":
    print(json.dumps({environment!r}))
    sys.exit()
from armarius.functions.claim import claimed
from armarius.functions.files import write_bytes
from armarius.functions.handover import EngineEnd
from armarius.functions.site import Site
assert sys.argv[1:3] == ["-m", "armarius.functions.engine"]
run = Site.from_environment().run(sys.argv[3], claimed(os.environ))
with (run.path / "starts").open("a") as stream:
    print(os.getpid(), file=stream)

def end(**fields):
    write_bytes(run.engine_path, EngineEnd(**fields).canonical_json())

def hang():
    while True:
        signal.pause()

"""


def fake_site(folder: Path, behaviour: str = FINISHES, environment: dict[str, str] | None = None) -> Site:
    """Returns a site whose engine runs these lines of Python.

    They see ``run`` (the RunDir), ``end(**fields)`` that writes the EngineEnd, and ``hang()``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program, python = folder / "engine.py", folder / "python"
    program.write_text(PROGRAM.replace("{environment!r}", repr(environment or ENVIRONMENT)) + behaviour)
    python.write_text(f'#!/bin/sh\nexec {quote(sys.executable)} {quote(str(program))} "$@"\n')
    python.chmod(0o755)
    return Site(folder / "site", python)


def spec(task: Task = Task.TRAIN, run_id: str = "job1-1", **limits: object) -> RunSpec:
    """Returns a spec within these limits."""
    fields = {"run_id": run_id, "task": task, "dataset": "0" * 64, "limits": Limits.model_validate(limits)}
    if task.is_of_pages:
        fields["pages"] = {}
    if task in (Task.EVALUATE, Task.TRANSCRIBE):
        fields["model"] = {"sha256": "1" * 64, "size": 1}
    return RunSpec.model_validate(fields)


def starts(site: Site, run_id: str = "job1-1") -> list[int]:
    """Returns the process id of each engine that began."""
    path = site.run(run_id).path / "starts"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_dead(pid: int) -> bool:
    """Tells whether a process is gone; one that nobody has buried yet is dead, too."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def as_json(value: object) -> object:
    """Sends a value over a wire."""
    return json.loads(json.dumps(value))
