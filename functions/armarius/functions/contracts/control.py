"""What the control functions take. Each speaks of many runs at once: one call per site, whatever the number."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from armarius.functions.contracts.base import Contract, Grown, RunId, Sha256
from armarius.functions.contracts.progress import RunStatus

MOST_RUNS = 500
MOST_BLOBS = 200_000
"""What one request may name."""

MOST_POSITION = 2**62
"""Larger than any file, and still a number that a kernel takes."""


class Watched(Contract):
    """A run and the position up to which its progress is known."""

    run_id: RunId
    position: Annotated[int, Field(ge=0, le=MOST_POSITION)] = 0


class ProgressRequest(Contract):
    """Asks ``progress`` how runs stand."""

    runs: Annotated[tuple[Watched, ...], Field(max_length=MOST_RUNS)]


class ProgressAnswer(Contract):
    """How they stand, in the order of the request."""

    runs: tuple[RunStatus, ...]


class StopRequest(Contract):
    """Asks ``cancel`` to end runs: for good, or with a checkpoint so that they can go on later."""

    runs: Annotated[tuple[RunId, ...], Field(max_length=MOST_RUNS)]
    pause: bool = False


class ReleaseRequest(Contract):
    """Asks ``release`` to delete the directories of runs whose results are home."""

    runs: Annotated[tuple[RunId, ...], Field(max_length=MOST_RUNS)]


class Bundle(Contract):
    """Files that came in one archive.

    Attributes:
        name: Of the archive, in the site's directory ``inbox``.
        size: Its bytes.
        sha256: Its digest.
    """

    name: RunId
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256


class ReceiveRequest(Contract):
    """Asks ``receive`` to unpack an archive that has arrived, keep its files by content, and delete it."""

    bundle: Bundle


class Refusal(Contract):
    """Why a site will not do what it was asked: an ArmariusError on its way to the client.

    Attributes:
        error: The name of the error.
        message: What happened, and to what.
        hint: What to do next.
        transient: Whether trying again may cure it.
    """

    error: str
    message: str
    hint: str = ""
    transient: bool = False


class Answer(Contract):
    """What a registered function sends back: an answer, or a refusal."""

    answer: dict[str, Any] | None = None
    refusal: Refusal | None = None


class ProbeRequest(Grown):
    """Asks ``probe`` for the site's state and which of some files it lacks.

    Attributes:
        blobs: The files, by their digests.
        whole: Also ask the scheduler how its queue is, and count what is kept: takes up to a second.
        run: The run that will need these files. They stay until it has ended or is released, or nobody has asked about
            it for two weeks.
    """

    blobs: Annotated[tuple[Sha256, ...], Field(max_length=MOST_BLOBS)] = ()
    whole: bool = False
    run: RunId | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"run"})
