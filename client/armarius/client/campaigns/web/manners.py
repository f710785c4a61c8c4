"""How the web is asked: how often, how long, how much, and for whom."""

from importlib.metadata import version
from typing import Annotated

from pydantic import Field

from armarius.functions.contracts import Contract

MB = 1_000_000


class Manners(Contract):
    """Limits of fetching.

    Attributes:
        per_second: Requests to one host, at most.
        at_once: Images that are fetched at the same time, from whichever hosts.
        tries: How often something is asked for before it is given up for this time.
        patience: Seconds that a host may ask us to wait; one that asks for more is left alone for this time.
        connect: Seconds for a connection to stand.
        silence: Seconds without a byte after which an answer is given up.
        slowest: Seconds for a whole image.
        redirects: How often an answer may lead elsewhere.
        most_image: Bytes of one image.
        most_manifest: Bytes of a manifest, once unpacked; each may become twenty in memory.
        most_in_all: Bytes of all images of a campaign.
        max_width: Ask image services for images that are no wider, in pixels; None for the whole images.
        fresh: Seconds for which what was fetched is not asked for again.
        allowed: Machines that may be asked although they are inside of a network, as "host" or "host:port".
        contact: An address where the people of a library reach those who fetch.
    """

    per_second: Annotated[float, Field(gt=0, le=50)] = 2.0
    at_once: Annotated[int, Field(ge=1, le=16)] = 4
    tries: Annotated[int, Field(ge=1, le=10)] = 5
    patience: Annotated[float, Field(ge=0)] = 300.0
    connect: Annotated[float, Field(gt=0)] = 15.0
    silence: Annotated[float, Field(gt=0)] = 60.0
    slowest: Annotated[float, Field(gt=0)] = 900.0
    redirects: Annotated[int, Field(ge=0, le=20)] = 5
    most_image: Annotated[int, Field(gt=0)] = 300 * MB
    most_manifest: Annotated[int, Field(gt=0)] = 16 * MB
    most_in_all: Annotated[int, Field(gt=0)] = 500_000 * MB
    max_width: Annotated[int, Field(ge=100, le=30_000)] | None = None
    fresh: Annotated[float, Field(ge=0)] = 3600.0
    allowed: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-_\[\]:]+\z")], ...] = ()
    contact: Annotated[str, Field(pattern=r"^[\x21-\x7e]*\z", max_length=200)] = ""

    @property
    def agent(self) -> str:
        """How we introduce ourselves."""
        whose = f"; {self.contact}" if self.contact else ""
        return f"Armarius/{version('armarius')} (handwritten text recognition; campaign{whose})"
