"""Putting what came of a page where it belongs: whole, or not at all."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.chunks import ChunkView, PageBrought
from armarius.client.campaigns.errors import CampaignDamaged, CampaignNotFound
from armarius.client.campaigns.events import FileDone, HandedOut, PageDone
from armarius.client.campaigns.ledger import Ledger
from armarius.client.campaigns.log import read_log
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.campaigns.sources.names import stem_of
from armarius.functions.contracts import PageFormat
from armarius.functions.files import is_content, write_bytes

_NAME = re.compile(rb'(<PcGts\b[^>]*>.*?\bimageFilename="|<fileName>)([^"<]*)(["<])', re.DOTALL)
"""Where ALTO and PAGE say what their image is called."""


@dataclass(frozen=True)
class Filing:
    """Files the pages of one campaign. Doing it again changes nothing.

    Attributes:
        place: Its folder.
        asked: What was asked.
    """

    place: CampaignPlace
    asked: Asked

    def path(self, page: int, form: PageFormat) -> Path:
        """Returns where a page belongs."""
        stem = stem_of(page, self.asked.page(page).name, len(self.asked.pages))
        return self.place.result_path(stem, form, self.asked.work.formats)

    def file_part(self, ledger: Ledger, part: HandedOut, view: ChunkView) -> tuple[PageDone, ...]:
        """Files what a part brought, for every page that shows one of its images.

        A page whose files are not all there was not brought; it is done again.
        """
        images, filed = set(ledger.images_in(part)), []
        for brought in view.pages:
            image = brought.done.image
            if image in images and image not in ledger.results:
                with suppress(FileNotFoundError):
                    filed.append(
                        self.file(brought, {page: ledger.held[page].file.name for page in ledger.pages_of[image]})
                    )
        return tuple({page.image: page for page in filed}.values())

    def file(self, brought: PageBrought, pages: Mapping[int, str]) -> PageDone:
        """Files what came of an image, for each page that shows it.

        Args:
            brought: What came of it.
            pages: Those pages, each with what its image is called.

        Raises:
            FileNotFoundError: A file is missing.
        """
        if brought.done.fault:
            return brought.done
        contents = {form: brought.files[form].read_bytes() for form in self.asked.work.formats if form in brought.files}
        if lacking := set(self.asked.work.formats) - set(contents):
            raise FileNotFoundError(f"no file in {', '.join(sorted(lacking))}")
        told: list[FileDone] = []
        for page, image in sorted(pages.items(), reverse=True):
            told = [self._file(page, form, named_after(content, image)) for form, content in contents.items()]
        return brought.done.model_copy(update={"files": tuple(told)})

    def file_twin(self, done: PageDone, others: Iterable[int], page: int, image: str) -> bool:
        """Files a page whose image was done before, as another page that has all of its files.

        Args:
            done: What came of the image.
            others: The other pages that show it.
            page: This one.
            image: What its image is called.

        Returns:
            Whether there is such a page.
        """
        for other in others:
            with suppress(FileNotFoundError):
                contents = {file.format: self.path(other, file.format).read_bytes() for file in done.files}
                for form, content in contents.items():
                    self._file(page, form, named_after(content, image))
                return True
        return False

    def _file(self, page: int, form: PageFormat, content: bytes) -> FileDone:
        write_bytes(self.path(page, form), content)
        return FileDone(sha256=hashlib.sha256(content).hexdigest(), size=len(content), format=form)

    def known(self) -> dict[str, PageBrought]:
        """Finds what the campaigns that were named have done with the same models: images, each with its files.

        A file that was changed since, by hand say, is not what a model made: it does not count. Nor does a folder
        that holds no campaign any more.
        """
        found: dict[str, PageBrought] = {}
        for folder in self.asked.reuse:
            with suppress(CampaignNotFound, CampaignDamaged):
                found |= _done_in(CampaignPlace(folder), self.asked.work.key())
        return found

    def is_filed(self, done: PageDone, page: int) -> bool:
        """Tells whether the files of a page are in their place, unchanged."""
        return all(is_content(self.path(page, file.format), file.sha256, file.size) for file in done.files)


def named_after(content: bytes, image: str) -> bytes:
    """Returns a page that names its image so, as ALTO and PAGE do: programs that read it look for it beside it.

    Args:
        content: A page, also one whose image was called otherwise; plain text names none, and stays as it is.
        image: What the image is called.
    """
    name = escape(image, {'"': "&quot;"}).encode()
    return _NAME.sub(lambda found: found[1] + name + found[3], content, count=1)


def _done_in(place: CampaignPlace, key: str) -> dict[str, PageBrought]:
    asked = place.asked()
    if asked.work.key() != key:
        return {}
    ledger, filing = Ledger(asked, read_log(place.log_path)), Filing(place, asked)
    found = {}
    for image, done in ledger.results.items():
        page = next((page for page in ledger.pages_of[image] if filing.is_filed(done, page)), None)
        if page is not None and not done.fault:
            found[image] = PageBrought(done, {file.format: filing.path(page, file.format) for file in done.files})
    return found
