"""The pages of a run: each is done when its record is there, and then its files are whole."""

from collections.abc import Mapping
from contextlib import suppress

from pydantic import ValidationError

from armarius.functions.contracts import PageFile, PageFormat, PageResult
from armarius.functions.files import write_bytes
from armarius.functions.runplace import RunPlace

SUFFIXES: Mapping[PageFormat, str] = {"alto": "alto.xml", "page": "page.xml", "text": "txt"}


class RunPages(RunPlace):
    """The pages of a run, in ``pages/``. Their names are numbers: what clients call a page never names a file here."""

    def record_page(self, result: PageResult, texts: Mapping[PageFormat, str]) -> PageResult:
        """Writes a page, and then, as the mark that it is done, what came of it.

        Args:
            result: What came of it, still without its files.
            texts: The page in each format.

        Returns:
            The result with its files.

        Raises:
            Superseded: The run was taken over.
        """
        self.require_claim()
        files = tuple(self._write_page(result.number, form, text) for form, text in texts.items())
        complete = result.model_copy(update={"files": files})
        self.require_claim()  # as late as can be
        write_bytes(self.pages / f"{result.number:06d}.json", complete.canonical_json())
        return complete

    def _write_page(self, number: int, form: PageFormat, text: str) -> PageFile:
        path = self.pages / f"{number:06d}.{SUFFIXES[form]}"
        write_bytes(path, text.encode())
        return PageFile(**self.told_of(path), format=form)

    def page_results(self) -> tuple[PageResult, ...]:
        """Reads what came of the pages so far, in their order; a damaged record counts for nothing."""
        results = []
        for record in sorted(self.pages.glob("[0-9]*.json")):
            with suppress(FileNotFoundError, ValidationError):
                results.append(PageResult.model_validate_json(record.read_bytes()))
        return tuple(results)

    def sweep_pages(self) -> None:
        """Deletes what a killed engine was just writing."""
        self.require_claim()
        for unfinished in self.pages.glob(".*"):
            unfinished.unlink(missing_ok=True)
