"""What the control functions take. Each speaks of many runs at once: one call per site, whatever the number."""

from typing import Annotated

from pydantic import Field

from armarius.functions.contracts.base import Contract, RunId, Sha256
from armarius.functions.contracts.progress import RunStatus


class Watched(Contract):
    """A run and the position up to which its progress is known."""

    run_id: RunId
    position: Annotated[int, Field(ge=0)] = 0


class ProgressRequest(Contract):
    """Asks ``progress`` how runs stand."""

    runs: tuple[Watched, ...]


class ProgressAnswer(Contract):
    """How they stand, in the order of the request."""

    runs: tuple[RunStatus, ...]


class StopRequest(Contract):
    """Asks ``cancel`` to end runs: for good, or with a checkpoint so that they can go on later."""

    runs: tuple[RunId, ...]
    pause: bool = False


class ReleaseRequest(Contract):
    """Asks ``release`` to delete the directories of runs whose results are home."""

    runs: tuple[RunId, ...]


class ProbeRequest(Contract):
    """Asks ``probe`` for the site's state and which of some files it lacks."""

    blobs: tuple[Sha256, ...] = ()
