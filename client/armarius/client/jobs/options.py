"""What may be said of any job, when it is written down."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypedDict

from armarius.client.config.confinement import DataPolicy
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import ModelFormat


class JobOptions(TypedDict, total=False):
    """Further keywords of ``Pool.train``, ``segtrain``, ``evaluate``, ``segment`` and ``transcribe``.

    All may be left out.

    Attributes:
        site: The site to use, and no other.
        cpus: Threads to use at most.
        memory: Bytes the engine may take.
        calibration: Seconds of training to measure first; 60 unless given.
        checkpoint_every: Seconds of training that may be lost at most; 120 unless given.
        epoch_models: Bring a model file of every epoch home, too, in this format.
        project: What it is for: the project whose allowance is used.
        priority: Of what waits, the higher comes first: -100 to 100.
        user: Who asks for it; whoever runs this process unless given.
        institution: Whose the user is; the pool's unless given.
        identity: Whose own account is to be used where a site has one for them: the name of a key.
        only_tags: Only sites that bear all of these tags.
        policy: Where the data may go, in full.
        data_of: Further projects whose pages it computes with: what is asked for these holds for it, too.
    """

    site: str | None
    cpus: int | None
    memory: int | None
    calibration: float
    checkpoint_every: float
    epoch_models: ModelFormat | None
    project: str
    priority: int
    user: str
    institution: str
    identity: str | None
    only_tags: Iterable[str]
    policy: DataPolicy
    data_of: tuple[str, ...]


class TrainOptions(JobOptions, total=False):
    """What is the same for trainings of all kinds: the keywords of ``Pool.train`` besides ``parameters``."""

    name: str | None
    base_model: Path | str | None
    validation: Sequence[Path | str]
    test: Sequence[Path | str]
    held_out: int
    output: Path | str | None
    on_packed: Callable[[PackedDataset], None] | None
