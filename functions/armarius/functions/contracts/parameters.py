"""How to train: the words are those of ``ketos``, the defaults too unless a docstring says why not."""

from typing import Annotated, Literal

from pydantic import Field

from armarius.functions.contracts.base import Contract, NonNegative

KETOS_SPEC = (
    "[1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 Mp2,2 "
    "Cr3,9,64 Do0.1,2 S1(1x0)1,3 Lbx200 Do0.1,2 Lbx200 Do0.1,2 Lbx200 Do]"
)
"""The default recognition network of ``ketos train`` (kraken 7.1)."""


class RecognitionParameters(Contract):
    """Hyper-parameters of a recognition training.

    Attributes:
        spec: The network in kraken's VGSL; ignored when a base model is given.
        batch_size: Lines per step.
        quit: "early" stops when ``lag`` epochs brought nothing; "fixed" trains all ``epochs``.
        epochs: The most epochs there may be.
        min_epochs: Early stopping starts to count after these. kraken's default of 0 can stop a training from
            scratch before it begins to learn (its accuracy stays near 0 for the first epochs).
        lag: Epochs without a better validation accuracy that end an early-stopping run.
        min_delta: The least rise in validation accuracy that counts as better.
        lrate: Learning rate.
        warmup: Steps over which the learning rate climbs to ``lrate``.
        augment: Vary the training images at random.
        resize: What to do when the pages hold characters that the base model lacks.
        normalization: Unicode normalisation of the transcriptions.
        normalize_whitespace: Turn every white space into a single blank.
        bidi_reordering: Put the text into display order; "L" or "R" forces the base direction.
        padding: Blank pixels left and right of each line.
        precision: Lightning's name of the arithmetic.
        seed: Seeds the weights, the order of lines and dropout.
    """

    kind: Literal["recognition"] = "recognition"
    spec: str = KETOS_SPEC
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 1
    quit: Literal["early", "fixed"] = "early"
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 100
    min_epochs: Annotated[int, Field(ge=0)] = 10
    lag: Annotated[int, Field(ge=1)] = 10
    min_delta: NonNegative = 0.0
    optimizer: Literal["Adam", "AdamW", "SGD", "RMSprop"] = "Adam"
    lrate: Annotated[float, Field(gt=0)] = 1e-3
    momentum: NonNegative = 0.9
    weight_decay: NonNegative = 0.0
    schedule: Literal["constant", "exponential", "cosine", "step", "reduceonplateau"] = "constant"
    warmup: Annotated[int, Field(ge=0)] = 0
    gamma: NonNegative = 0.1
    step_size: Annotated[int, Field(ge=1)] = 10
    cos_t_max: Annotated[int, Field(ge=1)] = 50
    cos_min_lr: NonNegative = 0.0
    rop_factor: NonNegative = 0.1
    rop_patience: Annotated[int, Field(ge=1)] = 5
    augment: bool = False
    resize: Literal["union", "new", "fail"] = "union"
    normalization: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = None
    normalize_whitespace: bool = True
    bidi_reordering: Literal["L", "R"] | bool = True
    padding: Annotated[int, Field(ge=0, le=512)] = 16
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
