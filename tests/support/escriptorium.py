"""A stand-in eScriptorium within the tests' own process: its tables in memory, its events in a list."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from armarius.client.config import PoolConfig
from armarius.client.escriptorium.options import Options
from armarius.client.escriptorium.record import Asked, Ledger
from armarius.client.pool import Pool
from support.desk import Bench
from support.pages import SIZE, image_bytes

STANDIN = Path(__file__).parents[1] / "standin"
MANUAL = "manual"


def load() -> None:
    """Loads the stand-in into this process, once; its database lives as long as the process."""
    import django

    if str(STANDIN) not in sys.path:
        sys.path.insert(0, str(STANDIN))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escriptorium.settings")
    from django.apps import apps

    if apps.ready:
        return
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


@contextmanager
def emptied(media: Path) -> Iterator[list[dict[str, Any]]]:
    """Gives an eScriptorium without data, and the list of all that its pages hear."""
    load()
    from django.core.management import call_command
    from django.test import override_settings
    from users import consumers

    heard: list[dict[str, Any]] = []
    with override_settings(MEDIA_ROOT=str(media), ARMARIUS={}), patch.object(consumers, "_keep", heard.append):
        yield heard
    call_command("flush", interactive=False, verbosity=0)


class Instance:
    """Makes what an eScriptorium holds.

    Args:
        media: Its MEDIA_ROOT.
    """

    def __init__(self, media: Path) -> None:
        from core import models
        from reporting.models import TaskReport
        from users.models import User

        self.models, self.reports, self.media = models, TaskReport.objects, media
        self.user = User.objects.create_user("guigo", f"{uuid4()}@example.org", "secret")
        self.allow(self.user)
        self.document = models.Document.objects.create(name="Cartulary", owner=self.user)
        self.transcription = models.Transcription.objects.create(name=MANUAL, document=self.document)
        (media / "documents").mkdir(parents=True, exist_ok=True)

    def allow(self, user: Any) -> None:
        """Lets a user train."""
        from django.contrib.auth.models import Permission

        user.user_permissions.add(Permission.objects.get(codename="can_train"))

    def part(self, number: int, texts: tuple[str, ...] = ("abba", "baba"), **fields: Any) -> Any:
        """A page with an image, a region and some lines."""
        name = f"documents/f{number}-{uuid4().hex[:6]}.png"
        (self.media / name).write_bytes(image_bytes(number))
        part = self.models.DocumentPart.objects.create(
            **{
                "document": self.document,
                "image": name,
                "original_filename": f"f{number}.png",
                "order": number,
                **fields,
            }
        )
        width, height = SIZE[0] - 1, SIZE[1] - 1
        block = self.models.Block.objects.create(
            document_part=part, box=[[0, 0], [width, 0], [width, height], [0, height]]
        )
        for place, text in enumerate(texts):
            self.line(part, text, 60 + 60 * place, block=block, order=place)
        return part

    def line(self, part: Any, text: str | None, y: int, **fields: Any) -> Any:
        """A line; None for one that nobody has transcribed."""
        line = self.models.Line.objects.create(
            **{
                "document_part": part,
                "baseline": [[20, y], [300, y + 2]],
                "mask": [[20, y - 30], [300, y - 30], [300, y + 10], [20, y + 10]],
                **fields,
            }
        )
        if text is not None:
            self.models.LineTranscription.objects.create(line=line, transcription=self.transcription, content=text)
        return line

    def model(self, name: str = "Charters", weights: bytes | None = None, **fields: Any) -> Any:
        """A model, new or with weights."""
        model = self.models.OcrModel.objects.create(
            **{"name": name, "job": self.models.OcrModel.MODEL_JOB_RECOGNIZE, "owner": self.user, **fields}
        )
        self.models.OcrModelDocument.objects.create(document=self.document, ocr_model=model)
        if weights is not None:
            from django.core.files.base import ContentFile

            model.file.save("base.mlmodel", ContentFile(weights))
        return model

    def asked(self, model: Any, parts: list[Any], task: str = "core.tasks.train", **arguments: Any) -> Asked:
        """A training as Celery brings it: with a report for each page, which says that it runs."""
        task_id = str(uuid4())
        pages = [part.pk for part in parts]
        given: dict[str, Any] = {"model_pk": model.pk, "part_pks": pages, "user_pk": self.user.pk, **arguments}
        if task == "core.tasks.train":
            given = {"transcription_pk": self.transcription.pk, **given}
        if task == "core.tasks.segtrain":
            given = {"document_pk": self.document.pk, **given}
        for part in parts or [None]:
            self.reports.create(
                user=self.user,
                label="a training",
                document=self.document,
                document_part=part,
                ocr_model=model,
                task_id=task_id,
                method=task,
                workflow_state=1,
            )
        return Asked(task, task_id, given)


class AtOnce(Executor):
    """Does things when they are handed over."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@contextmanager
def office(made: Bench, **chosen: Any) -> Iterator[Any]:
    """The pool with one fake site, and what is remembered of trainings."""
    from armarius.client.escriptorium.life.office import Office

    url = f"sqlite:///{made.folder / 'journal.sqlite'}"
    ledger = Ledger(url)
    pool = Pool(PoolConfig(journal=url, home=made.folder / "home", sites=(made.config,)), made.desk())
    try:
        yield Office(pool, ledger, Options(**{"model_format": "safetensors", **chosen}))
    finally:
        ledger.close()
