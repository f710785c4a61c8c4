"""What a person asked for."""

from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from armarius.client.accounts.names import Account, AccountName
from armarius.client.config.confinement import DataPolicy as DataPolicy
from armarius.client.jobs.places import IDENTITY
from armarius.functions.contracts import Blob, Contract, ModelFormat, Parameters, RecognitionParameters, Sha256

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


class JobRequest(Contract):
    """A whole wish, complete enough that any process on this machine can carry it out later.

    Attributes:
        kind: A training or an evaluation.
        name: What the person calls the model; also the stem of its files.
        dataset: Digest of the manifest.
        dataset_dir: Where the packed dataset was saved.
        parameters: How to train, and what kind of model.
        model: The base model of a training, or the model to evaluate; None also where the parameters name it.
        model_path: Where it is on this machine.
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
