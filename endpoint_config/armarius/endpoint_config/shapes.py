"""The slices of a machine that a site offers, with what the scheduler must be told to get one."""

from typing import Annotated

from pydantic import ByteSize, Field, model_validator

from armarius.endpoint_config.text import Device, SlurmAccount, SlurmConstraint, SlurmWord
from armarius.functions.contracts import Contract, Shape


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


class SiteShape(Contract):
    """A shape as the operator describes it.

    Attributes:
        name: What clients ask for.
        cpus: Hardware threads of each run.
        memory: Main memory of each run, such as "16GiB".
        gpus: GPUs or slices of each run.
        gpu_memory: Memory of each of them.
        workers: Runs at the same time, on a machine without a scheduler: how many share it.
        accelerators: GPUs or MIG slices, one per run, on a machine without a scheduler.
        slurm: What to tell Slurm.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}\z")]
    cpus: Annotated[int, Field(ge=1, le=4096)]
    memory: Annotated[ByteSize, Field(ge=1 << 20)]
    gpus: Annotated[int, Field(ge=0, le=64)] = 0
    gpu_memory: ByteSize = ByteSize(0)
    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    accelerators: tuple[Device, ...] = ()
    slurm: SlurmOptions = SlurmOptions()

    @model_validator(mode="after")
    def _consistent(self) -> "SiteShape":
        if self.accelerators and self.gpus != 1:
            raise ValueError(f"shape {self.name!r} has accelerators, one for each run: say gpus = 1")
        if self.accelerators and self.workers not in (None, len(self.accelerators)):
            raise ValueError(f"shape {self.name!r}: leave workers out; each accelerator has one run")
        if len(set(self.accelerators)) < len(self.accelerators):
            raise ValueError(f"shape {self.name!r} names an accelerator twice; to share a GPU, use workers")
        return self

    @property
    def slots(self) -> int:
        """Runs of this shape at the same time on one machine."""
        return self.workers or len(self.accelerators) or 1

    def shape(self) -> Shape:
        """Returns what clients are told."""
        return Shape(
            name=self.name,
            cpus=self.cpus,
            memory=int(self.memory),
            gpus=self.gpus,
            gpu_memory=int(self.gpu_memory),
        )
