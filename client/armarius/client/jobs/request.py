"""What a person asked for."""

from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from armarius.client.accounts.names import Account, AccountName
from armarius.client.config.confinement import DataPolicy as DataPolicy
from armarius.client.jobs.places import IDENTITY
from armarius.functions.contracts import (
    Blob,
    Contract,
    ModelFormat,
    PageParameters,
    Parameters,
    RecognitionParameters,
    Sha256,
)

MOST_PRIORITY = 100


def _fits_a_file_name(name: str) -> str:
    """File systems count bytes, at most 255 of them, and ours adds some while it writes."""
    if name in (".", "..") or len(name.encode()) > 200:
        raise ValueError("as a file name it would be too long, or mean a folder")
    return name


class JobKind(str, Enum):
    """What comes of a job."""

    TRAIN = "train"
    EVALUATE = "evaluate"
    SEGMENT = "segment"
    TRANSCRIBE = "transcribe"

    @property
    def is_of_pages(self) -> bool:
        """Whether it makes pages of pages, and no model."""
        return self in (JobKind.SEGMENT, JobKind.TRANSCRIBE)


class JobRequest(Contract):
    """A whole wish, complete enough that any process on this machine can carry it out later.

    Attributes:
        kind: A training, an evaluation, or work on pages.
        name: What the person calls the model, or the job; also the stem of the model's files.
        dataset: Digest of the manifest.
        dataset_dir: Where the packed dataset was saved.
        parameters: How to train, and what kind of model. Of work on pages, no more than the kind.
        model: The base model of a training, or the model to evaluate or to transcribe with; None also where the
            parameters name it.
        model_path: Where it is on this machine.
        pages: How to segment and transcribe; None for all other jobs.
        segmentation_path: Where the model is on this machine that finds lines, if kraken does not bring it along.
        output: The directory that receives the results.
        site: The site to use, or None for the pool's choice.
        cpus: Threads to use at most, or None for all that the shape has.
        memory: Bytes the engine may take, or None for what the shape has.
        calibration: Seconds of training to measure first.
        checkpoint_every: Seconds of training that may be lost at most.
        epoch_models: Bring a model file of every epoch home, too, in this format.
        user: Who asked for it; empty where that is not known, as in requests from before it was written down.
        project: What it is for, if that was said.
        institution: Whose the user is, if that was said.
        priority: Of what waits, the higher comes first.
        identity: Whose own account is to be used where a site has one for them: the name of a key, never a key. None
            for the pool's.
        policy: Where the data may go.
        data_of: Further projects whose pages it computes with: what is asked for these holds for it, too.
    """

    kind: JobKind
    name: Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f]{1,80}\z"), AfterValidator(_fits_a_file_name)]
    dataset: Sha256
    dataset_dir: Path
    parameters: Parameters = RecognitionParameters()
    model: Blob | None = None
    model_path: Path | None = None
    pages: PageParameters | None = None
    segmentation_path: Path | None = None
    output: Path
    site: str | None = None
    cpus: Annotated[int, Field(ge=1)] | None = None
    memory: Annotated[int, Field(ge=1)] | None = None
    calibration: Annotated[float, Field(ge=0)] = 60
    checkpoint_every: Annotated[float, Field(ge=0)] = 120
    epoch_models: ModelFormat | None = None
    user: AccountName = ""
    project: AccountName = ""
    institution: AccountName = ""
    priority: Annotated[int, Field(ge=-MOST_PRIORITY, le=MOST_PRIORITY)] = 0
    identity: Annotated[str, Field(pattern=IDENTITY)] | None = None
    policy: DataPolicy = DataPolicy()
    data_of: tuple[AccountName, ...] = ()

    @property
    def account(self) -> Account:
        """Whose it is."""
        return Account(self.user, self.project, self.institution)

    @property
    def starts_from_a_model(self) -> bool:
        """Whether there is a model to begin with, given or named."""
        return self.model is not None or self.parameters.packaged is not None

    @property
    def models(self) -> tuple[tuple[Blob, Path], ...]:
        """The model files that a site needs, each with its place on this machine."""
        finder = self.pages.segmentation if self.pages else None
        given = ((self.model, self.model_path), (finder, self.segmentation_path))
        return tuple((model, path) for model, path in given if isinstance(model, Blob) and path is not None)

    @model_validator(mode="after")
    def _consistent(self) -> "JobRequest":
        if self.kind.is_of_pages != (self.pages is not None):
            raise ValueError(f"{self.kind.value} and the way to do pages do not go together")
        if self.kind.is_of_pages and (self.model is not None) != (self.kind is JobKind.TRANSCRIBE):
            raise ValueError("to transcribe takes a model that reads, and to segment takes none")
        return self
