"""The slices of a machine that a site offers, with what the scheduler must be told to get one."""

from typing import Annotated

from pydantic import ByteSize, Field, model_validator

from armarius.client.config.slurm import SlurmOptions
from armarius.client.config.text import Device
from armarius.functions.contracts import Contract, Shape


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
