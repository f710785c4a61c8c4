"""Pages from the buttons "Segment" and "Transcribe" to what stands in PostgreSQL, through real workers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from armarius.client.escriptorium.record import Asked, Ledger
from armarius.client.escriptorium.record.place import SCHEMA
from support.escriptorium_pages import READ, SEGMENTED, TEXTS
from support.escriptorium_server import HOOKED_BY_SETTINGS, WORKER, Standin
from support.postgresql import Server
from support.scans import coreml

Start = Callable[..., Standin]
BOTH = {"PAGE_TASKS": ["core.tasks.segment", "core.tasks.transcribe"]}


class Document:
    """A document with some pages, and somebody who presses buttons."""

    def __init__(self, there: Standin, pages: int = 3) -> None:
        (there.folder / "control" / "alto").write_text(SEGMENTED)
        (there.folder / "control" / "page").write_text(READ)
        self.there, self.user = there, there.do("user", name="guigo")
        made = there.document(self.user, pages)
        self.pk, self.parts, self.transcription = made["document"], made["parts"], made["transcription"]

    def press(self, task: str, **arguments: Any) -> list[str]:
        """One message for each page, as eScriptorium sends them."""
        given = {"user_pk": self.user, **arguments}
        return [self.there.do("press", task=task, instance_pks=[part], **given) for part in self.parts]

    def segment(self) -> list[str]:
        return self.press(
            "segment", model_pk=None, steps="both", override=True, text_direction="horizontal-lr", task_group_pk=None
        )

    def transcribe(self) -> list[str]:
        weights = coreml(self.there.media / "models" / "reader.mlmodel")
        file = str(weights.relative_to(self.there.media))
        model = self.there.do("model", owner=self.user, document=self.pk, file=file)
        return self.press("transcribe", model_pk=model, transcription_pk=self.transcription)

    def pages(self) -> list[dict[str, Any]]:
        return [self.there.do("show_page", part=part) for part in self.parts]

    def heard(self, part: int) -> list[str]:
        told = [event["data"] for event in self.there.heard() if event.get("name") == "part:workflow"]
        return [each["status"] for each in told if each["id"] == part]


@pytest.mark.parametrize("app", [WORKER, HOOKED_BY_SETTINGS])
def test_from_the_buttons_to_the_texts(start: Start, app: str) -> None:
    there = start(hooked=app == HOOKED_BY_SETTINGS, chosen=BOTH)
    (there.media / "models").mkdir()
    document = Document(there)
    with there.worker(app, queue="default"):
        tasks = document.segment()
        reads = document.transcribe()  # at once: it waits for the lines that are being found
        there.allow("page-1", "page-2", "page-3")
        for task in (*tasks, *reads):
            (report,) = there.until_ended(task, 3)
            assert report["gpu_cost"] > 0
        assert there.starts() == 2  # one job for each button
        assert there.check()["pages"]["mark"] == "ok"
    for page in document.pages():
        assert (page["state"], page["progress"], len(page["lines"]), page["blocks"]) == (7, 50, 4, 3)
        first, last = (text for text in page["texts"])
        assert ({first[0], last[0]}, first[1]) == (set(TEXTS), 0)
    for part in document.parts:
        assert document.heard(part)[-2:] == ["done", "done"]
        assert document.heard(part).count("done") == 4
    assert [event["text"] for event in there.notified()] == ["Segmentation done!", "Transcription done!"]


def test_power_goes_off_while_pages_are_done_and_written(start: Start) -> None:
    """The machine of the workers, with all that they started: the site's run is on it, too."""
    there = start(chosen=BOTH)
    document = Document(there)
    with there.worker(queue="default") as worker:
        tasks = document.segment()
        there.until(lambda: there.starts() == 1, "the job to begin")
        there.allow("page-1")
        worker.kill()
    there.allow("page-2", "page-3")
    with there.worker(queue="default") as worker:
        there.until(lambda: any(page["state"] == 6 for page in document.pages()), "the first page to be written")
        worker.kill()
    with there.worker(queue="default"):
        for task in tasks:
            there.until_ended(task, 3)
    for page in document.pages():
        assert (page["state"], len(page["lines"]), page["blocks"]) == (6, 4, 3)
    assert {event["level"] for event in there.notified()} == {"success"}


def test_cancelled_by_a_button(start: Start) -> None:
    there = start(chosen=BOTH)
    document = Document(there)
    with there.worker(queue="default"):
        first, *others = document.segment()
        there.until(lambda: there.starts() == 1, "the job to begin")
        there.do("cancel_reports", task_id=first)
        there.until_ended(first, 4)
        there.allow("page-1", "page-2", "page-3")
        for task in others:
            there.until_ended(task, 3)
    assert [len(page["lines"]) for page in document.pages()] == [2, 4, 4]


def test_many_bodies_at_once_find_an_empty_database(postgresql: Server) -> None:
    """The first button that is pressed on a new instance sends many messages, to workers that make the same tables."""
    for _ in range(5):
        url = f"{postgresql.new_database()}?options=-csearch_path%3D{SCHEMA}"
        together = Barrier(6)

        def body(number: int, url: str = url, together: Barrier = together) -> None:
            together.wait()
            ledger = Ledger(url)
            ledger.pressed.write_down(Asked("core.tasks.segment", str(number), {}), [number], "", 0.0)
            ledger.close()

        with ThreadPoolExecutor(6) as workers:
            list(workers.map(body, range(6)))
        ledger = Ledger(url)
        assert len(ledger.pressed.open_ones()) == 6
        ledger.close()


def test_by_default_they_are_escriptoriums_own(start: Start) -> None:
    there = start()
    document = Document(there)
    with there.worker(queue="default"):
        for task in document.segment():
            there.until_ended(task, 3)
    assert [len(page["lines"]) for page in document.pages()] == [2, 2, 2]
    assert there.starts() == 0
