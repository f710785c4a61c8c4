"""How a run ended and what it leaves behind."""

from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Tag

from armarius.functions.contracts.base import Blob, Contract, Grown, NonNegative, RunId, Sha256, by_kind
from armarius.functions.contracts.choice import Choice
from armarius.functions.contracts.epoch import Epoch
from armarius.functions.contracts.pages import PageResult
from armarius.functions.contracts.quality import SegmentationMetrics
from armarius.functions.contracts.queue import Cache, Contents, QueueReport
from armarius.functions.contracts.spec import CheckpointRef, ModelFormat, Task


class Outcome(str, Enum):
    """The four ways in which a run ends."""

    FINISHED = "finished"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Reason(str, Enum):
    """Why a run was paused or failed: a closed list, so that a client can act on it."""

    WALLTIME = "walltime"
    """The allocation is about to end. Resume."""
    CALIBRATED = "calibrated"
    """The rest does not fit into this allocation. Plan it and resume."""
    ASKED = "asked"
    """Somebody asked for a pause. Resume."""
    PREEMPTED = "preempted"
    """The scheduler gave the machine to another job. Resume."""
    STOPPED = "stopped"
    """The job was told to end, and nobody said why. Resume."""
    JOB_CANCELLED = "job_cancelled"
    """The scheduler's job was cancelled (scancel), by an operator or with its endpoint. Resume, but not for ever."""
    OUT_OF_MEMORY = "out_of_memory"
    """Take a larger shape or a smaller batch."""
    OUT_OF_GPU_MEMORY = "out_of_gpu_memory"
    """Take a larger GPU or a smaller batch."""
    DISK_FULL = "disk_full"
    """The site's scratch has no room."""
    READ_ONLY = "read_only"
    """The site's scratch cannot be written."""
    BAD_DATA = "bad_data"
    """The pages cannot be trained on; the message names them."""
    BAD_MODEL = "bad_model"
    """The base model is corrupt or of another kind."""
    BAD_CHECKPOINT = "bad_checkpoint"
    """No checkpoint of this job could be read."""
    MISSING_DATA = "missing_data"
    """A manifest, image, model or checkpoint was not staged."""
    BAD_PARAMETERS = "bad_parameters"
    """kraken refuses the parameters, such as a network that is no VGSL."""
    NO_IMPROVEMENT = "no_improvement"
    """The training ended without one useful model."""
    ENGINE_MISSING = "engine_missing"
    """The site's kraken environment is absent or broken."""
    ENGINE_DIED = "engine_died"
    """The engine ended without saying why; the message holds its last words."""
    NODE_LOST = "node_lost"
    """The machine that computed it is gone. Resume."""

    @property
    def transient(self) -> bool:
        """Whether the same run may succeed if it is simply tried again."""
        return self in (Reason.ENGINE_DIED, Reason.NODE_LOST)


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
        gpu_memory: Peak bytes reserved on the GPU.
        gpu_seconds: Wall seconds x GPUs.
        neighbours: How many other runs computed on the same GPU, in the mean over the run; None where none may.
    """

    seconds: NonNegative
    setup_seconds: NonNegative = 0
    memory: int | None = None
    job_memory: int | None = None
    gpu_memory: int | None = None
    gpu_seconds: NonNegative = 0
    neighbours: NonNegative | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"neighbours"})


class Confusion(Contract):
    """How often one string was read as another; an empty string is an omission or an insertion."""

    correct: str
    read: str
    count: Annotated[int, Field(ge=1)]


class LineReading(Contract):
    """How one line was read; a very long text is cut.

    Attributes:
        correct: The transcription.
        read: What the model read.
        errors: Edits between the two.
        characters: Characters of the transcription.
        page: The name of its page; empty where that is not known.
        line: Its id there.
    """

    correct: str
    read: str
    errors: Annotated[int, Field(ge=0)]
    characters: Annotated[int, Field(ge=0)]
    page: str = ""
    line: str = ""


Range = tuple[NonNegative, NonNegative]
"""The least and the most."""


class Metrics(Contract):
    """How well a recognition model reads lines that it did not train on.

    Attributes:
        split: Which lines.
        cer: Character error rate: edit distance / characters of the ground truth.
        wer: Word error rate, likewise.
        characters: Characters of the ground truth.
        errors: Edits.
        lines: Lines read.
        words: Words of the ground truth.
        word_errors: Edits of words.
        cer_range: Where the CER lies in 95 % of resamples of the lines; None with fewer than two lines.
        wer_range: The same of the WER.
        confusions: The most frequent, most frequent first.
        worst: The lines with the most errors, most first.
    """

    kind: Literal["recognition"] = "recognition"
    split: str
    cer: NonNegative
    wer: NonNegative
    characters: Annotated[int, Field(ge=0)]
    errors: Annotated[int, Field(ge=0)]
    lines: Annotated[int, Field(ge=0)]
    words: Annotated[int, Field(ge=0)] = 0
    word_errors: Annotated[int, Field(ge=0)] = 0
    cer_range: Range | None = None
    wer_range: Range | None = None
    confusions: tuple[Confusion, ...] = ()
    worst: tuple[LineReading, ...] = ()

    @property
    def accuracy(self) -> float:
        """What chooses the best epoch."""
        return 1 - self.cer

    def beaten_by(self, epoch: Epoch) -> bool:
        """Tells whether an epoch made fewer errors on the same lines."""
        return round((1 - epoch.accuracy) * self.characters) < self.errors


AnyMetrics = Annotated[
    Annotated[Metrics, Tag("recognition")] | Annotated[SegmentationMetrics, Tag("segmentation")],
    by_kind("recognition"),
]
"""How good a model of any kind is; what was written before there were kinds is of recognition."""


class CostModel(Contract):
    """What a run costs here, as fitted from its own steps.

    The seconds of a step are proportional to its pixels. Of recognition these are padded pixels (batch x widest line
    x height), which holds within 2 to 3 % after 20 to 60 seconds; the mean step is off by 5 to 24 %. Of segmentation
    they are those of the scaled page.

    Attributes:
        setup_seconds: Imports, compilation, the first step.
        seconds_per_pixel: Training, per pixel.
        loading_share: How much of that is waiting for lines or pages to be read: 0 to 1.
        validation_seconds: One pass over the validation lines or pages.
        checkpoint_seconds: One checkpoint.
        pixels_per_epoch: Pixels of an average epoch.
        memory: Predicted peak bytes, for the widest batch or the largest page.
        gpu_memory: The same on the GPU.
        steps: Steps that the fit rests on.
    """

    setup_seconds: NonNegative
    seconds_per_pixel: NonNegative
    loading_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    validation_seconds: NonNegative
    checkpoint_seconds: NonNegative
    pixels_per_epoch: Annotated[int, Field(ge=0)]
    memory: int
    gpu_memory: int | None = None
    steps: Annotated[int, Field(ge=0)]

    @property
    def epoch_seconds(self) -> float:
        """Seconds of one epoch, training, validation and checkpoint."""
        return self.pixels_per_epoch * self.seconds_per_pixel + self.validation_seconds + self.checkpoint_seconds


class CalibrationReport(Contract):
    """What was measured at the start of a training, and what it foretells.

    Attributes:
        cost: The fitted model.
        seconds: How long the calibration took.
        epochs: How many epochs the whole training may have, least and most.
        seconds_left: What is left of the training after the calibration, least and most.
        went_on: Whether the training simply went on in the same allocation.
    """

    cost: CostModel
    seconds: NonNegative
    epochs: tuple[int, int]
    seconds_left: tuple[NonNegative, NonNegative]
    went_on: bool


class ModelFile(Blob):
    """A model that a run leaves in its directory.

    Attributes:
        path: Relative to the run's directory.
        format: The file format, which ends its name wherever it goes.
    """

    path: str
    format: ModelFormat


class EpochModel(ModelFile):
    """The weights after one epoch as a model file.

    Attributes:
        run_id: The run of the job in whose directory it is.
        epoch: From 1.
        accuracy: Validation accuracy of that epoch.
    """

    run_id: RunId
    epoch: Annotated[int, Field(ge=1)]
    accuracy: float


class DatasetSummary(Contract):
    """What became of the dataset on the site.

    Attributes:
        dataset: Its digest.
        lines: Lines used, by split.
        regions: Regions used, by split; recognition uses none.
        dropped: Lines that kraken could not cut out of their page.
    """

    dataset: Sha256
    lines: dict[str, int]
    regions: dict[str, int] = Field(default_factory=dict)
    dropped: int = 0


class RunReport(Contract):
    """What every report says. ``report.json`` is the truth; a function's return value is only a hint of it."""

    run_id: RunId
    task: Task
    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    started: NonNegative
    ended: NonNegative
    versions: Versions
    usage: Usage
    host: str = ""

    @classmethod
    def common(cls, report: dict[str, Any]) -> "RunReport":
        """Reads of a report, as JSON, what all kinds have in common."""
        return RunReport.model_validate({name: report[name] for name in RunReport.model_fields if name in report})


class TrainReport(RunReport):
    """The end of a ``calibrate`` or ``train`` run.

    Attributes:
        calibration: What was foretold, where it was.
        epochs: Every epoch of the job so far, in order: those of the runs that it goes on from, too.
        best_epoch: The number of the epoch whose weights are in ``models``.
        metrics: Of the best weights: on the test pages where there are some, else on the validation pages.
        models: The best weights in each format; empty unless finished.
        checkpoint: The newest one, to go on from.
        dataset: What the pages came to.
        epoch_models: A model file of every epoch of the job so far, if they were asked for: those of the runs that it
            goes on from, too.
        baseline: How good the base model was in validation, before the training; None without one.
        improved: Whether the best epoch did better than it; None without one.
        choice: With how many lines a step, and in what arithmetic, it was trained.
    """

    calibration: CalibrationReport | None = None
    epochs: tuple[Epoch, ...] = ()
    best_epoch: int | None = None
    metrics: AnyMetrics | None = None
    models: tuple[ModelFile, ...] = ()
    checkpoint: CheckpointRef | None = None
    dataset: DatasetSummary | None = None
    epoch_models: tuple[EpochModel, ...] = ()
    baseline: AnyMetrics | None = None
    improved: bool | None = None
    choice: Choice | None = None


class EvaluationReport(RunReport):
    """The end of an ``evaluate`` run."""

    metrics: AnyMetrics | None = None
    dataset: DatasetSummary | None = None


class PagesReport(RunReport):
    """The end of a ``segment`` or ``transcribe`` run, of whatever outcome: pages that are done stay done.

    Attributes:
        pages: Those that this run did or left out, in the manifest's order.
    """

    pages: tuple[PageResult, ...] = ()


def report_of(task: Task) -> type[TrainReport] | type[EvaluationReport] | type[PagesReport]:
    """Returns the kind of report that a run leaves."""
    if task.is_of_pages:
        return PagesReport
    return EvaluationReport if task is Task.EVALUATE else TrainReport


class UserEndpoint(Contract):
    """A user endpoint of Globus Compute on the site: the process tree that serves one role, shape and walltime.

    Attributes:
        role: "batch" or "control".
        shape: The slice of a machine that it asks the scheduler for.
        walltime: As the site writes it, such as "8h".
        project: Which is charged.
        age: Seconds since its last sign of life.
        alive: Whether its process is there.
        uptime: Seconds since its process began; None where that is not known.
    """

    role: str
    shape: str = ""
    walltime: str = ""
    project: str = ""
    age: NonNegative
    alive: bool
    uptime: NonNegative | None = None


class SiteReport(Grown):
    """The answer of ``probe``.

    Attributes:
        time: Seconds since 1970 by the site's clock.
        cpus: Hardware threads of the machine that answered.
        memory: Bytes of main memory, whole and free.
        disk_free: Bytes free where the site keeps its data.
        missing: Of the digests that were asked for, those that the site does not hold.
        user_endpoints: Those that this account has on the machine that answered; empty without Globus Compute.
        queue: The scheduler's queue, if that was asked for and there is one.
        contents: What the site keeps, if that was asked for.
        account: The account of the machine under which this was answered.
        cache: What is kept of what can be sent again, where the operator set a limit to it. Such a site deletes what
            no run needs: whoever has files there for a run names the run in a ``probe``.
    """

    time: NonNegative
    host: str
    versions: Versions
    cpus: int
    memory: int
    memory_free: int
    disk_free: int
    missing: tuple[Sha256, ...] = ()
    user_endpoints: tuple[UserEndpoint, ...] = ()
    queue: QueueReport | None = None
    contents: Contents | None = None
    account: str = ""
    cache: Cache | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"cache"})
