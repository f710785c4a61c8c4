"""What Slurm is asked for, in closed kinds: the same for an endpoint's template and for a pool on a submit host."""

import math
from typing import Annotated

from pydantic import Field

from armarius.client.config.durations import seconds_of
from armarius.client.config.text import SlurmAccount, SlurmConstraint, SlurmWord
from armarius.functions.contracts import Contract, QueuedShape, Shape


class SlurmOptions(Contract):
    """What sbatch is told besides CPUs, memory and walltime. Closed kinds: there is no free text.

    Attributes:
        partition: Where to queue.
        account: Who is charged; "{project}" in it stands for the account of the project that was asked for.
        qos: Quality of service.
        constraint: Features that the node must have.
        gres: Generic resources, such as "gpu:a100:1".
        reservation: A reservation to use.
        licenses: Licences to take.
        hint: Whether hardware threads count.
        exclusive: Take the whole node.
        ask_memory: Say how much memory; False where the site gives memory with the CPUs and refuses the option.
    """

    partition: SlurmWord | None = None
    account: SlurmAccount | None = None
    qos: SlurmWord | None = None
    constraint: SlurmConstraint | None = None
    gres: SlurmWord | None = None
    reservation: SlurmWord | None = None
    licenses: SlurmWord | None = None
    hint: Annotated[str, Field(pattern=r"^(no)?multithread\z")] | None = None
    exclusive: bool = False
    ask_memory: bool = True


def scheduler_options(cpus: int, memory: int, slurm: SlurmOptions) -> list[str]:
    """Returns the lines of a job's script that Parsl's provider has no setting for.

    A job is never put back into the queue: its successor would compute beside a run that goes on elsewhere.

    Args:
        cpus: Hardware threads.
        memory: Bytes.
        slurm: The rest.
    """
    options = [f"cpus-per-task={cpus}"]
    if slurm.ask_memory:
        options.append(f"mem={math.ceil(memory / (1 << 20))}M")
    options += [
        f"{name}={value}"
        for name, value in (("reservation", slurm.reservation), ("licenses", slurm.licenses), ("hint", slurm.hint))
        if value
    ]
    return [f"#SBATCH --{option}" for option in [*options, "no-requeue"]]


def command_options(cpus: int, memory: int, slurm: SlurmOptions, account: str | None) -> list[str]:
    """Returns all that a job asks for but its walltime, as options of sbatch or srun.

    Args:
        cpus: Hardware threads.
        memory: Bytes.
        slurm: The rest.
        account: Who is charged.
    """
    named = {
        "partition": slurm.partition,
        "account": account,
        "qos": slurm.qos,
        "constraint": slurm.constraint,
        "gres": slurm.gres,
    }
    given = [f"--{name}={value}" for name, value in named.items() if value]
    lines = [line.removeprefix("#SBATCH ") for line in scheduler_options(cpus, memory, slurm)]
    exclusive = ["--exclusive"] if slurm.exclusive else []
    return [*given, *exclusive, *(line for line in lines if line != "--no-requeue"), "--nodes=1", "--ntasks=1"]


def slurm_walltime(walltime: str, allowance: str) -> str:
    """Returns what Slurm is asked for: it counts minutes from the start of the job, and a run from its own start.

    Args:
        walltime: What a run gets, such as "8h".
        allowance: For the start of the worker.
    """
    minutes = math.ceil((seconds_of(walltime) + seconds_of(allowance)) / 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def queued_shape(shape: Shape, slurm: SlurmOptions, account: str | None) -> QueuedShape:
    """Returns a shape as the control functions ask Slurm for it."""
    return QueuedShape(
        name=shape.name,
        cpus=shape.cpus,
        memory=shape.memory if slurm.ask_memory else None,
        gpus=shape.gpus,
        partition=slurm.partition,
        whole=slurm.exclusive,
        # Slurm counts shares of GPUs by another name than GPUs.
        picky=bool(slurm.constraint or slurm.reservation or slurm.licenses or shape.sharing > 1),
        options=tuple(command_options(shape.cpus, shape.memory, slurm, account)),
    )
