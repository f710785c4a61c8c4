"""What a run cost, and with what software."""

from typing import ClassVar

from armarius.functions.contracts.base import Contract, Grown, NonNegative


class Versions(Contract):
    """The software that made a report; empty where it was not there."""

    armarius: str
    python: str
    kraken: str = ""
    torch: str = ""


class Usage(Grown):
    """What a run cost.

    Attributes:
        seconds: Wall time of the whole function.
        setup_seconds: From its start to the first training step.
        memory: Peak bytes of the process tree (proportional set size where the kernel tells it), looked at every
            second.
        job_memory: Peak bytes of the scheduler's job as the kernel counts it: all processes, between two looks too,
            and files that it keeps in memory while there is room. None where the kernel does not count by job.
        training_memory: Peak resident bytes of the engine since the training itself began: without what was tried
            before it.
        gpu_memory: Peak bytes reserved on the GPU.
        gpu_seconds: Wall seconds x GPUs.
        neighbours: How many other runs computed on the same GPU, in the mean over the run; None where none may.
    """

    seconds: NonNegative
    setup_seconds: NonNegative = 0
    memory: int | None = None
    job_memory: int | None = None
    training_memory: int | None = None
    gpu_memory: int | None = None
    gpu_seconds: NonNegative = 0
    neighbours: NonNegative | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"neighbours", "training_memory"})
