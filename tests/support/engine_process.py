"""Starts the engine as the supervisor does: a child of kraken's interpreter, its standard input a pipe."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from armarius.functions.contracts import Progress, RunSpec
from armarius.functions.handover import PAUSE, EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import KRAKEN_VARIABLE, Site

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 180.0


def find_kraken_python() -> Path | None:
    """Returns the interpreter of kraken's environment, if there is one."""
    named = os.environ.get(KRAKEN_VARIABLE)
    path = Path(named) if named else REPOSITORY / ".envs" / "kraken" / "bin" / "python"
    return path if path.exists() else None


class EngineProcess:
    """A running engine."""

    def __init__(self, site: Site, run: RunDir, process: "subprocess.Popen[bytes]") -> None:
        self.site = site
        self.run = run
        self.process = process

    def pause(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(PAUSE.encode())
        self.process.stdin.flush()

    def wait(self) -> EngineEnd:
        """Waits for the end and returns it; the log is shown where there is none."""
        self.process.wait(PATIENCE)
        assert self.run.engine_path.exists(), self.run.log_path.read_text()
        return EngineEnd.model_validate_json(self.run.engine_path.read_bytes())

    def wait_until(self, condition: Callable[[RunDir], bool]) -> None:
        """Looks at the run's directory until the condition holds; fails if the engine ends first."""
        deadline = time.monotonic() + PATIENCE
        pulse = threading.Event()
        while not condition(self.run):
            assert self.process.poll() is None, self.run.log_path.read_text()
            assert time.monotonic() < deadline, "the engine did not get there"
            pulse.wait(0.02)

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()


def tensors(run: RunDir, name: str = "best") -> bytes:
    """Returns the weights of a run's model."""
    return tensors_of(run.models / f"{name}.safetensors")


def tensors_of(model: Path) -> bytes:
    """Returns the weights in a safetensors file: what follows its header."""
    content = model.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


def same_training(one: EngineEnd, other: EngineEnd) -> bool:
    """Tells whether two trainings came to the same figures; only their seconds may differ."""

    def figures(end: EngineEnd) -> list[object]:
        epochs = [epoch.model_copy(update={"seconds": 0.0}) for epoch in end.epochs]
        return [end.outcome, end.best_epoch, end.metrics, epochs]

    return figures(one) == figures(other)


def environment(site: Site) -> dict[str, str]:
    tests = str(REPOSITORY / "tests")
    return {**os.environ, **site.environment(), "OMP_NUM_THREADS": "1", "PYTHONPATH": tests}


@contextmanager
def engine(site: Site, spec: RunSpec, command: list[str] | None = None) -> Iterator[EngineProcess]:
    """Starts an engine; it is ended with the block."""
    run = site.run(spec.run_id)
    run.path.mkdir(parents=True, exist_ok=True)
    run.write_spec(spec)
    arguments = command or [str(site.kraken_python), "-m", "armarius.functions.engine", spec.run_id]
    with run.log_path.open("ab") as log:
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment(site))
    running = EngineProcess(site, run, process)
    try:
        yield running
    finally:
        running.close()


def perform(site: Site, spec: RunSpec) -> EngineEnd:
    """Runs an engine to its end."""
    with engine(site, spec) as running:
        return running.wait()


def progress(run: RunDir) -> tuple[Progress, ...]:
    return run.read_progress(0, 100_000)[0]


CUT_EVERYWHERE = REPOSITORY / "tests" / "integration" / "engine" / "cut_everywhere.py"


def cut_at(site: Site, spec: RunSpec, *occasions: int) -> list[Any]:
    """Cuts a training at each occasion and resumes it; all must come to the bit to what comes of it uncut.

    Returns:
        The epochs and steps done at each cut, and the outcome of the uncut training.
    """
    site.run(spec.run_id).path.mkdir(parents=True)
    site.run(spec.run_id).write_spec(spec)
    results = run_script(site, CUT_EVERYWHERE, spec.run_id, "0", *map(str, occasions))
    cuts = [result.pop("cut") for result in results.values()]
    for occasion in occasions:
        assert results[str(occasion)] == results["0"], f"cut at occasion {occasion}"
    return [*cuts[1:], results["0"]]


def run_script(site: Site, script: Path, *arguments: str) -> Any:
    """Runs a script with kraken's interpreter and returns the JSON of its last line of output."""
    done = subprocess.run(
        [str(site.kraken_python), str(script), *arguments],
        env=environment(site),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
