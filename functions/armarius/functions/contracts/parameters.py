"""How to train: the words are those of ``ketos``, the defaults too unless a docstring says why not.

Not offered, because kraken 7.1 does not do what it says: ``freeze_backbone`` (never passed on), ``1cycle`` (counts
lines where it should count steps), ``AdamW+Muon`` (fails), and the padding of pages (the targets are not moved along).
"""

from typing import Annotated, Literal, TypeVar

from pydantic import Field, Tag

from armarius.functions.contracts.base import Contract, NonNegative, by_kind

KETOS_SPEC = (
    "[1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 Mp2,2 "
    "Cr3,9,64 Do0.1,2 S1(1x0)1,3 Lbx200 Do0.1,2 Lbx200 Do0.1,2 Lbx200 Do]"
)
"""The default recognition network of ``ketos train`` (kraken 7.1)."""

SEGTRAIN_SPEC = (
    "[1,1800,0,3 Cr7,7,64,2,2 Gn32 Cr3,3,128,2,2 Gn32 Cr3,3,128 Gn32 Cr3,3,256 Gn32 "
    "Cr3,3,256 Gn32 Lbx32 Lby32 Cr1,1,32 Gn32 Lby32 Lbx32]"
)
"""The default segmentation network of ``ketos segtrain`` (kraken 7.1)."""

TypeName = Annotated[str, Field(min_length=1, max_length=200)]
"""The name of a type of line or region, as the pages give it."""

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]
"""Lightning's names of the arithmetic."""

BatchSize = Annotated[int, Field(ge=1, le=1024)]
"""Lines per step."""

Auto = Literal["auto"]
"""Left to the engine, which tries out what is fastest on its machine (:class:`~.choice.Choice`)."""

S = TypeVar("S", bound="TrainingParameters")


class TrainingParameters(Contract):
    """What all kinds of training have in common.

    Attributes:
        kind: Of model.
        quit: "early" stops when ``lag`` epochs brought nothing; "fixed" trains all ``epochs``.
        epochs: The most epochs there may be.
        min_epochs: Early stopping starts to count after these.
        lag: Epochs without a better validation that end an early-stopping run.
        min_delta: The least rise of the validation that counts as better.
        optimizer: How gradients become steps.
        lrate: Learning rate.
        momentum: Of SGD and RMSprop.
        gradient_clip_val: The norm to which gradients are cut.
        schedule: How the learning rate falls, epoch by epoch.
        warmup: Steps over which the learning rate climbs to ``lrate``.
        gamma: Factor of the schedules "exponential" and "step".
        step_size: Epochs between two falls of the schedule "step".
        cos_t_max: Epoch of the least learning rate of the schedule "cosine".
        cos_min_lr: That learning rate.
        rop_factor: Factor of the schedule "reduceonplateau".
        rop_patience: Epochs without gain before it falls.
        augment: Vary the training images at random.
        resize: What to do when the pages hold characters or types that the base model lacks. kraken's default
            "fail" would refuse most pages.
        precision: Lightning's name of the arithmetic. ``ketos`` takes "32-true".
        seed: Seeds the weights, the order of lines or pages, and dropout.
    """

    kind: str
    quit: Literal["early", "fixed"] = "early"
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 100
    min_epochs: Annotated[int, Field(ge=0)] = 0
    lag: Annotated[int, Field(ge=1)] = 10
    min_delta: NonNegative = 0.0
    optimizer: Literal["Adam", "AdamW", "SGD", "RMSprop"] = "AdamW"
    lrate: Annotated[float, Field(gt=0)] = 1e-3
    momentum: NonNegative = 0.9
    weight_decay: NonNegative = 0.0
    gradient_clip_val: NonNegative = 1.0
    schedule: Literal["constant", "exponential", "cosine", "step", "reduceonplateau"] = "constant"
    warmup: Annotated[int, Field(ge=0)] = 0
    gamma: NonNegative = 0.1
    step_size: Annotated[int, Field(ge=1)] = 10
    cos_t_max: Annotated[int, Field(ge=1)] = 10
    cos_min_lr: NonNegative = 1e-6
    rop_factor: NonNegative = 0.1
    rop_patience: Annotated[int, Field(ge=1)] = 5
    augment: bool = False
    resize: Literal["union", "new", "fail"] = "union"
    precision: Literal[Auto, Precision] = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42

    @property
    def packaged(self) -> str | None:
        """The model that kraken brings along from which to start, by name; None for none."""
        return None

    @property
    def lines_per_step(self) -> int | None:
        """Lines or pages per step; None where that is left to the engine."""
        return 1

    def settled(self: S, batch_size: int, precision: Precision) -> S:
        """Returns the same with what is left to the engine filled in; what is not left to it stays."""
        return self.model_copy(update={"precision": precision}) if self.precision == "auto" else self

    def lighter(self) -> "TrainingParameters | None":
        """Returns what takes less memory and trains much the same, or None where nothing does."""
        return None


class RecognitionParameters(TrainingParameters):
    """How to train a network that reads lines.

    Attributes:
        spec: The network in kraken's VGSL; ignored when a base model is given.
        batch_size: Lines per step. ``ketos`` takes 1.
        min_epochs: kraken's default of 0 can stop a training from scratch before it begins to learn (its accuracy
            stays near 0 for the first epochs).
        normalization: Unicode normalisation of the transcriptions.
        normalize_whitespace: Turn every white space into a single blank.
        bidi_reordering: Put the text into display order; "L" or "R" forces the base direction.
        padding: Blank pixels left and right of each line.
    """

    kind: Literal["recognition"] = "recognition"
    spec: str = KETOS_SPEC
    batch_size: BatchSize | Auto = "auto"
    min_epochs: Annotated[int, Field(ge=0)] = 10
    normalization: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = None
    normalize_whitespace: bool = True
    bidi_reordering: Literal["L", "R"] | bool = True
    padding: Annotated[int, Field(ge=0, le=512)] = 16

    @property
    def lines_per_step(self) -> int | None:
        """Lines per step; None where that is left to the engine."""
        return None if self.batch_size == "auto" else self.batch_size

    def settled(self, batch_size: int, precision: Precision) -> "RecognitionParameters":
        """Returns the same with what is left to the engine filled in; what is not left to it stays."""
        filled = super().settled(batch_size, precision)
        return filled.model_copy(update={"batch_size": batch_size}) if self.batch_size == "auto" else filled

    def lighter(self) -> "RecognitionParameters | None":
        """Returns the same with half the batch; with one line per step, where the engine chose and it was too much."""
        lines = self.lines_per_step or 2
        return self.model_copy(update={"batch_size": lines // 2}) if lines > 1 else None


class SegmentationParameters(TrainingParameters):
    """How to train a network that finds lines and regions (kraken's blla). A step is one page, always.

    Attributes:
        spec: The network in kraken's VGSL; ignored when a base model is given.
        base: What to start from where no model is given: "scratch", or "blla", the model that kraken brings along.
        line_width: Pixels of a baseline's thickness in the scaled page, as the network shall draw it.
        bl_tol: Pixels of the network's output (a quarter of its input) by which a found baseline may be off.
        dice_weight: Share of the Dice loss; 0 leaves it out.
        line_offset: Where the pages' "baselines" run: below the letters, on top of them, or through them.
        suppress_baselines: Learn no lines.
        suppress_regions: Learn no regions.
        valid_baselines: Types of lines to learn; None for all.
        valid_regions: Types of regions to learn; None for all.
        merge_baselines: Types of lines that count as another type.
        merge_regions: Types of regions that count as another type.
    """

    kind: Literal["segmentation"] = "segmentation"
    spec: str = SEGTRAIN_SPEC
    base: Literal["scratch", "blla"] = "scratch"
    quit: Literal["early", "fixed"] = "fixed"
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 50
    lrate: Annotated[float, Field(gt=0)] = 2e-4
    weight_decay: NonNegative = 1e-5
    cos_t_max: Annotated[int, Field(ge=1)] = 50
    cos_min_lr: NonNegative = 2e-5
    line_width: Annotated[int, Field(ge=1, le=200)] = 8
    bl_tol: Annotated[float, Field(gt=0)] = 10.0
    dice_weight: NonNegative = 0.5
    line_offset: Literal["baseline", "topline", "centerline"] = "baseline"
    suppress_baselines: bool = False
    suppress_regions: bool = False
    valid_baselines: tuple[TypeName, ...] | None = None
    valid_regions: tuple[TypeName, ...] | None = None
    merge_baselines: dict[TypeName, TypeName] = Field(default_factory=dict)
    merge_regions: dict[TypeName, TypeName] = Field(default_factory=dict)

    @property
    def packaged(self) -> str | None:
        """The model that kraken brings along, if that is to be the start."""
        return None if self.base == "scratch" else self.base


Parameters = Annotated[
    Annotated[RecognitionParameters, Tag("recognition")] | Annotated[SegmentationParameters, Tag("segmentation")],
    by_kind("recognition"),
]
"""The parameters of any kind of training; what was written before there were kinds is for recognition."""
