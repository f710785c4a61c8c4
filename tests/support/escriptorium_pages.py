"""Pages of the stand-in that somebody presses a button for, on one fake site, step by step."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from armarius.client.escriptorium.host import parts as host
from armarius.client.escriptorium.pressing.packing import PAGE, key_of
from armarius.client.escriptorium.pressing.wish import alike, parts_of
from armarius.client.escriptorium.record import Asked, PressedRow
from armarius.client.journal import JobRow
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import (
    Manifest,
    Outcome,
    Page,
    PageFault,
    PageFile,
    PageFormat,
    PageParameters,
    PageResult,
    Usage,
)
from armarius.functions.runpages import SUFFIXES
from support.escriptorium_life import Life
from support.scans import coreml

DATA = Path(__file__).parents[1] / "unit/client/escriptorium/pressing/data"
"""What kraken 7.1 wrote, by ``engine.pagework.writing``."""

SEGMENTED = (DATA / "segmented.alto.xml").read_text()
REGIONS_ALONE = (DATA / "regions.alto.xml").read_text()
READ = (DATA / "read.page.xml").read_text()
TEXTS = ("ab  c & <d>", "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET} \N{HEBREW LETTER GIMEL}")
PAGE_SECONDS = 30.0


def read_page(page: Page) -> str:
    """What kraken wrote of two lines, with the names of those of a page."""
    text = READ
    for number, line in enumerate(page.lines[:2], 1):
        text = text.replace(f'"line-{number}"', f'"@{line.id}"')
    return text.replace('"@', '"')


class PageLife(Life):
    """Everything a test of work on pages needs."""

    def press(self, parts: Sequence[Any], task: str = "segment", *, each: int = 1, **arguments: Any) -> list[Asked]:
        """What eScriptorium sends for a button, and what bodies have written down of it."""
        given: dict[str, Any] = {"user_pk": self.here.user.pk, "task_group_pk": 7, **arguments}
        if task == "segment":
            given = {"model_pk": None, "steps": "both", "text_direction": "horizontal-lr", "override": False, **given}
        pks = [part.pk for part in parts]
        chunks = [pks[place : place + each] for place in range(0, len(pks), each)]
        asked = [self.asked(f"core.tasks.{task}", chunk, given) for chunk in chunks]
        return [self.write_down(each, late=place / 1000) for place, each in enumerate(asked)]

    def asked(self, task: str, pages: list[int], given: Mapping[str, Any]) -> Asked:
        """A task as Celery brings it: with a report for each page, which says that it runs."""
        asked = Asked(task, str(uuid4()), {"instance_pks": pages, **given})
        for part in pages:
            self.here.reports.create(
                user=self.here.user,
                label="a page",
                document=self.here.document,
                document_part_id=part,
                task_id=asked.task_id,
                method=task,
                workflow_state=1,
            )
        return asked

    def write_down(self, asked: Asked, late: float = 0.0) -> Asked:
        pages = parts_of(asked.arguments)
        document = next(iter(host.documents_of(pages).values()), None)
        self.office.ledger.pressed.write_down(asked, pages, alike(asked, document), self.office.now() + late)
        return asked

    def reader(self, name: str = "Charters") -> Any:
        """A model that reads."""
        return self.here.model(name, coreml(self.made.folder / "reader.mlmodel").read_bytes())

    def pressed(self, asked: Asked) -> PressedRow:
        row = self.office.ledger.pressed.find(asked.task_id)
        assert row is not None
        return row

    def page_job(self, asked: Asked) -> JobRow:
        return self.office.pool.desk.journal.job(self.pressed(asked).job)

    def until_read(self, asked: Asked) -> str:
        """Lets the job of a task come to the site; returns the id of its run."""
        for _ in range(12):
            self.step()
            self.made.clock.pass_(1)
            job = self.pressed(asked).job
            known = self.office.pool.desk.journal.glance.jobs([job]) if job else {}
            if job in known and known[job].state.computing and known[job].run is not None:
                run = known[job].run
                assert run is not None
                self.made.site.begin(run.id)
                return run.id
        raise AssertionError((self.pressed(asked).phase, self.pressed(asked).outcome))

    def finish_pages(
        self,
        asked: Asked,
        run_id: str,
        *,
        texts: Mapping[int, str] | None = None,
        faults: Mapping[int, PageFault] | None = None,
        only: Collection[int] | None = None,
        gpu_seconds: float = 0.0,
        outcome: Outcome = Outcome.FINISHED,
        **fields: Any,
    ) -> None:
        """Lets the site do its pages.

        Args:
            asked: One of the tasks.
            run_id: The run.
            texts: The XML of some pages, by primary key; else what kraken wrote once.
            faults: Why others are left out.
            only: The primary keys of those that it comes to; None for all.
            gpu_seconds: What it took.
            outcome: How the run ends.
            fields: Of its report.
        """
        manifest = PackedDataset.load(self.page_job(asked).request.dataset_dir).manifest
        results = tuple(
            self._result(run_id, manifest, number, texts or {}, faults or {})
            for number, page in enumerate(manifest.pages)
            if only is None or key_of(page.name, PAGE) in only
        )
        self.made.clock.pass_(PAGE_SECONDS * len(results))
        usage = Usage(seconds=1000, gpu_seconds=gpu_seconds)
        self.made.site.end(run_id, outcome, **{"pages": results, "usage": usage, **fields})

    def _result(
        self, run_id: str, manifest: Manifest, number: int, texts: Mapping[int, str], faults: Mapping[int, PageFault]
    ) -> PageResult:
        page = manifest.pages[number]
        key = key_of(page.name, PAGE)
        assert key is not None
        common = {"number": number, "page": page.name, "image": page.image.sha256, "run_id": run_id}
        if key in faults:
            told = {"fault": faults[key], "message": f"A fake site left it out ({faults[key].value})."}
            return PageResult.model_validate({**common, **told})
        (form,) = (self.made.site.runs[run_id].spec.pages or PageParameters()).formats
        content = texts.get(key) or (SEGMENTED if form == "alto" else read_page(page))
        file = self._file(number, form, content.encode())
        return PageResult.model_validate({**common, "seconds": PAGE_SECONDS, "lines": 2, "files": (file,)})

    def _file(self, number: int, form: PageFormat, content: bytes) -> PageFile:
        digest = hashlib.sha256(content).hexdigest()
        self.made.staging.content[digest] = content
        name = f"{number:06d}.{SUFFIXES[form]}"
        return PageFile(sha256=digest, size=len(content), name=name, path=f"pages/{name}", format=form)

    def until_written(self, *asked: Asked, most: int = 15) -> None:
        """Lets the ends of all tasks be told."""
        for _ in range(most):
            self.step()
            self.made.clock.pass_(1)
            ours = {each.task_id for each in asked}
            if not [row for row in self.office.ledger.pressed.open_ones() if row.task_id in ours]:
                return
        raise AssertionError([(self.pressed(each).phase, self.pressed(each).outcome) for each in asked])

    def do(self, asked: Sequence[Asked], **how: Any) -> None:
        """Does all of it."""
        self.finish_pages(asked[0], self.until_read(asked[0]), **how)
        self.until_written(*asked)

    def part_events(self) -> list[tuple[int, str, str, bool]]:
        """What was heard of pages: which, the process, its status, and whether eScriptorium's hook would say it."""
        told = [data for name, data in self.events("part:workflow")]
        return [(each["id"], each["process"], each["status"], "data" in each) for each in told]

    def again(self, part: Any) -> Any:
        return self.here.models.DocumentPart.objects.get(pk=part.pk)
