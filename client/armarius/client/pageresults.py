"""What came of pages, as it is told to those who asked: each page once, whatever runs it took."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from armarius.client.errors import shown
from armarius.client.jobs.donepages import names_of, pages_of
from armarius.client.journal import JobRow, Journal
from armarius.client.naming import page_file
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import BadInput, PageFault, PageFormat, PageResult


@dataclass(frozen=True)
class PagesTold:
    """What is told of the pages of a job as it stands.

    Attributes:
        whole: How many were packed.
        pages: Those that were done or left out so far.
        not_packed: Images that could not be packed, by name, and why.
    """

    whole: int = 0
    pages: tuple["ResultPage", ...] = ()
    not_packed: tuple[tuple[str, str], ...] = ()

    @property
    def done(self) -> tuple["ResultPage", ...]:
        """Those that are done."""
        return tuple(page for page in self.pages if page.done)

    @property
    def left_out(self) -> tuple["ResultPage", ...]:
        """Those that were left out."""
        return tuple(page for page in self.pages if not page.done)

    @property
    def lines(self) -> int:
        """Lines on all of them."""
        return sum(page.lines for page in self.pages)

    @property
    def characters(self) -> int:
        """Characters that were read on all of them."""
        return sum(page.characters for page in self.pages)

    @property
    def confidence(self) -> float | None:
        """The mean confidence of all characters; None where none was read."""
        read = [(page.characters, page.confidence) for page in self.pages if page.confidence is not None]
        number = sum(characters for characters, _ in read)
        return sum(characters * confidence for characters, confidence in read) / number if number else None

    @property
    def seconds(self) -> float | None:
        """What a page took in the mean, of those that are done; None before the first."""
        return sum(page.seconds for page in self.done) / len(self.done) if self.done else None


@dataclass(frozen=True)
class ResultPage:
    """A page that was segmented or transcribed, or left out.

    Attributes:
        name: The stem of its files: that of its image, with a number where two images are called alike.
        image: Where its image is on this machine.
        sha256: The digest of the image.
        files: Its files by format; none of a page that was left out.
        fault: Why it was left out; None of a page that is done.
        message: The same for people.
        lines: Lines on it.
        regions: Regions on it.
        characters: Characters that were read.
        confidence: Their mean confidence, as the model sees itself; None where nothing was read.
        seconds: What it took on its site.
        site: Which that was.
    """

    name: str
    image: Path
    sha256: str
    files: Mapping[PageFormat, Path] = field(default_factory=dict)
    fault: PageFault | None = None
    message: str = ""
    lines: int = 0
    regions: int = 0
    characters: int = 0
    confidence: float | None = None
    seconds: float = 0.0
    site: str = ""

    @property
    def done(self) -> bool:
        """Whether it was done, not left out."""
        return self.fault is None


def result_pages(journal: Journal, job: JobRow) -> tuple[ResultPage, ...]:
    """Returns what came of each page of a job so far.

    Raises:
        BadInput: Its packed dataset is gone.
    """
    return _pages(journal, job, _packed(job))


def all_told(journal: Journal, job: JobRow) -> PagesTold:
    """Gathers what is told of the pages of a job.

    Raises:
        BadInput: Its packed dataset is gone.
    """
    packed = _packed(job)
    return PagesTold(len(packed.manifest.pages), _pages(journal, job, packed), _not_packed(packed))


def pages_told(journal: Journal, job: JobRow) -> PagesTold:
    """Gathers the same; nothing where the packed dataset is gone."""
    try:
        return all_told(journal, job)
    except BadInput:
        return PagesTold()


def _packed(job: JobRow) -> PackedDataset:
    return PackedDataset.load(job.request.dataset_dir)


def _pages(journal: Journal, job: JobRow, packed: PackedDataset) -> tuple[ResultPage, ...]:
    names, sites = names_of(job), {run.id: run.site for run in job.runs}
    return tuple(
        _told(job, names[number], packed.sources[page.image], page, sites.get(page.run_id, ""))
        for number, page in pages_of(journal, job).items()
    )


def _not_packed(packed: PackedDataset) -> tuple[tuple[str, str], ...]:
    """Returns the images that could not be packed, by name, and why."""
    return tuple((shown(Path(each.file.name)), each.what) for each in packed.problems if each.severity == "page")


def _told(job: JobRow, name: str, image: Path, page: PageResult, site: str) -> ResultPage:
    return ResultPage(
        name=name,
        image=image,
        sha256=page.image,
        files={each.format: page_file(job.request, name, each.format) for each in page.files},
        fault=page.fault,
        message=page.message,
        lines=page.lines,
        regions=page.regions,
        characters=page.characters,
        confidence=page.confidence,
        seconds=page.seconds,
        site=site,
    )
