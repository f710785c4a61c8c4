"""The slices of a machine that a site offers, with what the scheduler must be told to get one."""

from typing import Annotated

from pydantic import ByteSize, Field, model_validator

from armarius.client.config.slurm import SlurmOptions
from armarius.client.config.text import Device
from armarius.functions.contracts import Contract, Shape

SMALLEST_SHARE = 1_000_000_000
"""Bytes: a process takes about half of it before it computes anything."""


class SiteShape(Contract):
    """A shape as the operator describes it.

    Attributes:
        name: What clients ask for.
        cpus: Hardware threads of each run.
        memory: Main memory of each run, such as "16GiB".
        gpus: GPUs or slices of each run.
        gpu_memory: Memory of each of them; where runs share a GPU, of each run.
        sharing: Runs at the same time on each accelerator; under Slurm, on each GPU that its gres shares out.
        workers: Runs at the same time, on a machine without a scheduler: how many share it.
        accelerators: GPUs or MIG slices on a machine without a scheduler; a run gets one, or its share of one.
        slurm: What to tell Slurm.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}\z")]
    cpus: Annotated[int, Field(ge=1, le=4096)]
    memory: Annotated[ByteSize, Field(ge=1 << 20)]
    gpus: Annotated[int, Field(ge=0, le=64)] = 0
    gpu_memory: ByteSize = ByteSize(0)
    sharing: Annotated[int, Field(ge=1, le=64)] = 1
    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    accelerators: tuple[Device, ...] = ()
    slurm: SlurmOptions = SlurmOptions()

    @model_validator(mode="after")
    def _consistent(self) -> "SiteShape":
        if self.accelerators and self.gpus != 1:
            raise ValueError(f"shape {self.name!r} has accelerators, one for each run: say gpus = 1")
        if self.accelerators and self.workers not in (None, len(self.accelerators) * self.sharing):
            raise ValueError(
                f"shape {self.name!r}: leave workers out; each accelerator has one run, or those of sharing"
            )
        if len(set(self.accelerators)) < len(self.accelerators):
            raise ValueError(f"shape {self.name!r} names an accelerator twice; to share a GPU, use sharing")
        if self.sharing > 1:
            self._check_sharing()
        return self

    def _check_sharing(self) -> None:
        if self.gpus != 1 or self.gpu_memory < SMALLEST_SHARE:
            raise ValueError(
                f"shape {self.name!r} shares a GPU: say gpus = 1, and gpu_memory of each run, 1 GB or more"
            )
        # Where nvidia-smi is, Parsl divides a number by the workers of each GPU: the second would come to be the first.
        if numbers := [device for device in self.accelerators if device.isdigit()]:
            raise ValueError(
                f"shape {self.name!r}: name the GPU {numbers[0]} that is shared as nvidia-smi -L does, GPU-…"
            )

    @property
    def slots(self) -> int:
        """Runs of this shape at the same time on one machine."""
        return self.workers or len(self.accelerators) * self.sharing or 1

    @property
    def places(self) -> tuple[str, ...]:
        """The accelerator of each run; those that have few runs come first."""
        return self.accelerators * self.sharing

    def shape(self) -> Shape:
        """Returns what clients are told."""
        return Shape(
            name=self.name,
            cpus=self.cpus,
            memory=int(self.memory),
            gpus=self.gpus,
            gpu_memory=int(self.gpu_memory),
            sharing=self._together(),
        )

    def _together(self) -> int:
        """Returns how many runs there may be on one GPU: workers without accelerators all see the same."""
        return self.workers or 1 if self.gpus and not self.accelerators and self.sharing == 1 else self.sharing
