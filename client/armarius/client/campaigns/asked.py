"""What a campaign was asked to do: written once, before anything else."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from armarius.client.campaigns.web.manners import Manners
from armarius.functions.contracts import Blob, Contract, PageFormat, Sha256

MOST_ASKED = 100_000
"""Pages of one campaign."""


class Work(Contract):
    """What is done to every page. Pages that were done with an equal one need not be done again.

    Attributes:
        task: Find lines and regions, or read them too.
        model: The model that reads; None where only lines are sought.
        segmentation: The model that finds lines and regions; "blla" is the one that kraken brings along.
        formats: In which each page is written.
        options: Other words of the pool's ``segment`` or ``transcribe``, such as ``text_direction``.
    """

    task: Literal["segment", "transcribe"]
    model: Blob | None = None
    segmentation: Blob | Literal["blla"] = "blla"
    formats: Annotated[tuple[PageFormat, ...], Field(min_length=1)] = ("alto",)
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _with_what_it_needs(self) -> "Work":
        if (self.task == "transcribe") is not (self.model is not None):
            raise ValueError("a model is needed to transcribe, and for nothing else")
        if len(set(self.formats)) < len(self.formats):
            raise ValueError("a format is named twice")
        return self

    def key(self) -> str:
        """Returns what is equal for equal work, whatever the files of the models are called."""
        return self.model_copy(
            update={
                "model": _unnamed(self.model),
                "segmentation": _unnamed(self.segmentation),
                "formats": tuple(sorted(self.formats)),
                "options": dict(sorted(self.options.items())),
            }
        ).digest()


def _unnamed(model: Any) -> Any:
    return model.model_copy(update={"name": ""}) if isinstance(model, Blob) else model


class ImageService(Contract):
    """A IIIF Image API service for one image.

    Attributes:
        id: Its address, without a slash at the end.
        version: Of the API; None where the manifest does not say.
        level: Of compliance, 0 to 2; None where the manifest does not say.
    """

    id: str
    version: Literal[1, 2, 3] | None = None
    level: Annotated[int, Field(ge=0, le=2)] | None = None


class PageAsked(Contract):
    """A page and where its image is: a file, an address, or a service that makes images of a size.

    Attributes:
        number: From 1, in the order of the source.
        name: A safe name, to be the second half of a file's name.
        label: What the source calls it.
        file: An image on this machine.
        address: An image on the web.
        service: Asked before ``address``.
        trouble: Why it can be no page; it is left out from the beginning.
    """

    number: Annotated[int, Field(ge=1, le=MOST_ASKED)]
    name: str
    label: str = ""
    file: Path | None = None
    address: str | None = None
    service: ImageService | None = None
    trouble: str = ""


class Limits(Contract):
    """What the pool heeds when it does a part of the campaign.

    Attributes:
        sites: Only these; empty for all.
        only_tags: Only sites that bear all of these tags.
        project: Whose allowance is used.
        priority: Of what waits, the higher comes first.
    """

    sites: tuple[str, ...] = ()
    only_tags: tuple[str, ...] = ()
    project: str = ""
    priority: int = 0


class Asked(Contract):
    """A whole wish, complete enough that any process on this machine can carry it out later.

    Attributes:
        id: Names the campaign's jobs.
        name: What people call it.
        source: Where its pages come from, as it was given.
        source_sha256: Digest of the list of pages: a source that has changed since is another campaign.
        work: What is done to every page.
        model_path: Where the model is on this machine.
        segmentation_path: Where the other one is.
        pages: In their order.
        manners: How their images are fetched.
        limits: What the pool heeds.
        reuse: Folders of other campaigns: what they have done with the same models is not done again.
        notes: What was remarkable about the source.
        armarius_campaign: Version of this format.
    """

    armarius_campaign: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[a-z0-9]{8,32}\z")]
    name: str
    source: str
    source_sha256: Sha256
    work: Work
    model_path: Path | None = None
    segmentation_path: Path | None = None
    pages: Annotated[tuple[PageAsked, ...], Field(min_length=1, max_length=MOST_ASKED)]
    manners: Manners
    limits: Limits = Limits()
    reuse: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _numbered(self) -> "Asked":
        if [page.number for page in self.pages] != list(range(1, len(self.pages) + 1)):
            raise ValueError("the pages are not numbered from 1")
        return self

    def page(self, number: int) -> PageAsked:
        """Returns a page by its number."""
        return self.pages[number - 1]
