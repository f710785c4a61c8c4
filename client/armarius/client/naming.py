"""What the models of a training are called in the folder for its results."""

from pathlib import Path

from armarius.client.jobs.request import JobRequest
from armarius.functions.contracts import EpochModel, ModelFile, TrainReport

NOT_BETTER = "not-better"
"""Added to the name of a model that is no better than the one it was trained from: whoever copies a result over
the model that they have, by its name, finds none."""

EPOCHS = "epochs"
"""The folder of the models of single epochs."""


def best_model(request: JobRequest, report: TrainReport, model: ModelFile) -> Path:
    """Returns where a file of the best weights belongs."""
    suffix = f"-{NOT_BETTER}" if report.improved is False else ""
    return request.output / f"{request.name}{suffix}.{model.format}"


def epoch_model(request: JobRequest, model: EpochModel) -> Path:
    """Returns where the model file of an epoch belongs."""
    return request.output / EPOCHS / f"{request.name}-epoch-{model.epoch:03}.{model.format}"
