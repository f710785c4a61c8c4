"""A site whose runs are jobs of a real Slurm, with nothing else between: ``sbatch`` of scripts as Parsl writes them."""

import os
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from armarius.client.config import LocalSiteConfig
from armarius.client.ports import TaskState, TaskView
from armarius.functions.contracts import RunSpec, Shape
from armarius.functions.notice import TRAP
from armarius.functions.registered import CONTROL
from armarius.functions.signing import KEY_VARIABLE
from cluster.slurm import ClusterError, SlurmCluster

_SCRIPT = """\
#!/bin/bash
{exports}
{trap}
set -e
CMD() {{
{python} -c {program}
}}
CMD 1 &
wait $!
"""
"""The worker is a grandchild of slurmstepd, as a worker of Parsl is."""

_PROGRAM = """\
import json
from pathlib import Path
from armarius.functions.registered import call_batch
call_batch({name!r}, json.loads(Path({payload!r}).read_text()))
"""


@dataclass
class SlurmSite:
    """Fulfils ``Compute``.

    Attributes:
        cluster: Where its jobs run.
        config: Its directory and interpreter.
        partition: Of its jobs.
        options: More options of sbatch.
        trap: Whether the batch shell tells its run that the job is told to end.
        jobs: The number of the Slurm job of each hand-over, in order.
    """

    cluster: SlurmCluster
    config: LocalSiteConfig
    partition: str = "cpu"
    options: tuple[str, ...] = ()
    trap: bool = True
    jobs: list[int] = field(default_factory=list)

    @property
    def pace(self) -> float:
        return 0.0

    @property
    def lasting(self) -> bool:
        return True

    @property
    def job(self) -> int:
        """The newest job."""
        return self.jobs[-1]

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        folder = self.cluster.folder / "scripts"
        folder.mkdir(exist_ok=True)
        payload, script = folder / f"{spec.run_id}.json", folder / f"{spec.run_id}.sh"
        payload.write_text(spec.model_dump_json())
        program = _PROGRAM.format(name=spec.task.value, payload=str(payload))
        variables = {**self.config.site().environment(), KEY_VARIABLE: os.environ[KEY_VARIABLE]}
        exports = "\n".join(f"export {name}={quote(value)}" for name, value in variables.items())
        trap = TRAP if self.trap else ""
        text = _SCRIPT.format(exports=exports, trap=trap, python=sys.executable, program=quote(program))
        script.write_text(text)
        memory = f"--mem={shape.memory >> 20}M"
        output = f"--output={self.cluster.folder / 'log' / 'job-%j.out'}"
        where = (f"--partition={self.partition}", "--no-requeue", f"--cpus-per-task={shape.cpus}", "--time=60")
        said = self.cluster.command("sbatch", "--parsable", output, memory, *where, *self.options, str(script))
        self.jobs.append(int(said))
        return said.strip()

    def task(self, reference: str) -> TaskView:
        try:
            active = self.cluster.job(int(reference)).active
        except (ClusterError, StopIteration):
            return TaskView(TaskState.UNKNOWN)
        return TaskView(TaskState.PENDING if active else TaskState.RETURNED)

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        return CONTROL[function](payload, self.config.site())

    def wait(self, seconds: float) -> None:
        threading.Event().wait(min(seconds, 0.2))

    def close(self) -> None:
        return

    def output(self) -> str:
        """Returns what the newest job printed."""
        path: Path = self.cluster.folder / "log" / f"job-{self.job}.out"
        return path.read_text() if path.exists() else ""
