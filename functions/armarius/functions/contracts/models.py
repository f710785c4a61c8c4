"""Model files that a run leaves."""

from typing import Annotated

from pydantic import Field

from armarius.functions.contracts.base import Blob, RunId
from armarius.functions.contracts.spec import ModelFormat


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
