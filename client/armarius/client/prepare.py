"""From a person's wish to a request that can be written down: everything that can be refused is refused here."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from armarius.client.basemodel import kinds_of, read_model
from armarius.client.errors import ConfigurationError, OutputTaken, shown
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import (
    BadInput,
    Blob,
    PageFormat,
    PageParameters,
    RecognitionParameters,
    SegmentationParameters,
    TrainingParameters,
)

PACKAGED: Literal["blla"] = "blla"
"""Names the segmentation model that kraken brings along."""

CLAIM = "job.txt"
"""In the folder for the results: the id of the job that it is for."""


def save_dataset(packed: PackedDataset, directory: Path) -> None:
    """Keeps a packed dataset for one job.

    Not under the dataset's id: the same pages packed from elsewhere must not change where this job finds its images.

    Raises:
        ConfigurationError: The data directory cannot be written.
    """
    try:
        packed.save(directory)
    except OSError as error:
        hint = "Free some room, mend its permissions, or name another with ARMARIUS_HOME."
        raise ConfigurationError(f"{shown(directory)} cannot be written: {error.strerror}.", hint) from error


@dataclass(frozen=True)
class Start:
    """What a job starts from.

    Attributes:
        parameters: They name the model, if kraken brings it along.
        model: The model that a person gave; None without one.
        path: Where it is, absolute.
    """

    parameters: TrainingParameters
    model: Blob | None = None
    path: Path | None = None


def start_of(parameters: TrainingParameters, base_model: Path | None) -> Start:
    """Returns what a training starts from.

    Args:
        parameters: How to train; they say what kind of model.
        base_model: A model of that kind, or "blla" for kraken's own segmentation; None to start from scratch, or from
            what the parameters name.

    Raises:
        BadModelFile: It is not there, no model, damaged, or of another kind.
    """
    if base_model is None:
        return Start(parameters)
    if isinstance(parameters, SegmentationParameters):
        if _packaged(base_model):
            return Start(parameters.model_copy(update={"base": PACKAGED}))
        parameters = parameters.model_copy(update={"base": "scratch"})
    return Start(parameters, read_model(base_model, parameters.kind), base_model.absolute())


def subject_of(model: Path) -> Start:
    """Returns what an evaluation is about: the model, with parameters of its kind.

    Raises:
        BadModelFile: It is not there, no model, damaged, or of an unknown kind.
    """
    if _packaged(model):
        return Start(SegmentationParameters(base=PACKAGED))
    segments = kinds_of(model) == {"segmentation"}
    return start_of(SegmentationParameters() if segments else RecognitionParameters(), model)


@dataclass(frozen=True)
class Finder:
    """The model that finds lines.

    Attributes:
        model: kraken's own by its name, or that of a file.
        path: Where that is, absolute.
    """

    model: Blob | Literal["blla"] = PACKAGED
    path: Path | None = None


def finder_of(model: Path) -> Finder:
    """Returns the model with which to find lines.

    Raises:
        BadModelFile: It is not there, no model, damaged, or of another kind.
    """
    return Finder() if _packaged(model) else Finder(read_model(model, "segmentation"), model.absolute())


def page_parameters(finder: Finder, formats: Sequence[PageFormat], parameters: PageParameters | None) -> PageParameters:
    """Returns how to do pages.

    Args:
        finder: The model that finds lines.
        formats: In which to write each page.
        parameters: All else; kraken's defaults if there are none.

    Raises:
        BadInput: A format is unknown, named twice, or none is named.
    """
    given = parameters or PageParameters()
    try:
        return PageParameters.model_validate(
            {**given.model_dump(), "segmentation": finder.model, "formats": tuple(formats), "skip": ()}
        )
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise BadInput(
            f"The formats {', '.join(map(repr, formats)) or 'given'} cannot be used: {said}.",
            "Give one or more of: alto, page, text.",
        ) from error


def _packaged(model: Path) -> bool:
    """Tells whether kraken's own model is meant: its name, where no file is called so."""
    return str(model) == PACKAGED and not model.exists()


def name_for(pages: Sequence[Path]) -> str:
    """Makes a name from what the pages are called."""
    first = pages[0].absolute()
    stem = first.name if first.is_dir() else first.parent.name
    return re.sub(r"[^\w.-]+", "-", stem).strip("-.")[:30] or "model"


def claim_output(folder: Path, job_id: str) -> Path:
    """Takes a folder for the results of one job.

    Args:
        folder: Created when it is missing. It must be empty.
        job_id: Written into it.

    Returns:
        The absolute path.

    Raises:
        OutputTaken: It holds something.
        BadInput: It cannot be created or written.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OutputTaken(f"{shown(folder)} holds something already.", "Name another folder with --output.")
        with (folder / CLAIM).open("x") as stream:
            stream.write(f"{job_id}\n")
    except FileExistsError as error:
        raise OutputTaken(f"{shown(folder)} is taken.", "Name another folder with --output.") from error
    except OSError as error:
        with suppress(OSError):
            (folder / CLAIM).unlink()  # of a full disk, half a claim
        raise BadInput(
            f"{shown(folder)} cannot be written: {error.strerror}.", "Name another with --output."
        ) from error
    return folder


def free_folder(parent: Path, name: str) -> Path:
    """Returns a folder of this name that is not there yet, numbered if need be."""
    candidates = [parent / name, *(parent / f"{name}-{number}" for number in range(2, 1000))]
    return next((folder for folder in candidates if not folder.exists()), candidates[-1])
