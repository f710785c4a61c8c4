"""From a person's wish to a request that can be written down: everything that can be refused is refused here."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from armarius.client.basemodel import read_model
from armarius.client.errors import ConfigurationError, OutputTaken, shown
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import BadInput, Blob

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


def model_named(path: Path | None) -> tuple[Blob | None, Path | None]:
    """Returns the digest and the absolute path of a recognition model, or two times None."""
    if path is None:
        return None, None
    return read_model(path, "recognition"), path.absolute()


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
