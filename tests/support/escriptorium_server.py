"""A stand-in eScriptorium of several processes: PostgreSQL, Redis, a web server and Celery workers."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from armarius.client.config import HOME_VARIABLE, JOURNAL_VARIABLE
from support.cli import PATIENCE, descendants, end, until
from support.pages import SIZE, image_bytes
from support.ports import answers, free_port
from support.scripted_engine import write_engine
from support.synthetic_dataset import Drawn

STANDIN = Path(__file__).parents[1] / "standin"
PROGRAMS = Path(sys.executable).parent
WORKER = "armarius.client.escriptorium.worker"
HOOKED_BY_SETTINGS = "escriptorium.celery"

Page = tuple[str, list[tuple[str, list[list[int]], list[list[int]]]]]


@dataclass
class Standin:
    """One instance.

    Attributes:
        folder: Of its own: MEDIA_ROOT, the pool's home, what was heard.
        database: URL of its PostgreSQL database.
        redis: URL.
        hooked: Whether the settings say that bodies are replaced.
        chosen: The setting ``ARMARIUS``.
        kraken_python: The site's interpreter.
        gpus: Of the site.
        quotas: Whether eScriptorium has any.
        home: The pool's; by default its own, with one site on this machine.
        variables: Further ones of the environment of all processes.
        web: Its web server.
    """

    folder: Path
    database: str
    redis: str
    hooked: bool = False
    chosen: dict[str, Any] = field(default_factory=dict)
    kraken_python: Path | None = None
    gpus: int = 1
    quotas: bool = False
    home: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    web: "subprocess.Popen[str] | None" = None

    def __post_init__(self) -> None:
        for name in ("media/documents", "control"):
            (self.folder / name).mkdir(parents=True)
        if self.home is None:
            self.home = self.folder / "home"
            self._write_site(self.home / "config" / "sites")

    def _write_site(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        python = self.kraken_python or write_engine(self.folder / "control")
        (folder / "alpha.toml").write_text(
            f"kind = 'local'\nroot = '{self.folder / 'site'}'\nkraken_python = '{python}'\nworkers = 4\n"
            f"shapes = [{{name = 'mig', cpus = 1, memory = 4_000_000_000, gpus = {self.gpus}}}]\n"
        )

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def environment(self) -> dict[str, str]:
        url = make_url(self.database)
        engine = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.database,
            "USER": url.username,
            "PASSWORD": url.password,
            "HOST": url.host,
            "PORT": url.port,
        }
        own = {
            "STANDIN_DATABASE": json.dumps(engine),
            "STANDIN_MEDIA": str(self.media),
            "STANDIN_REDIS": self.redis,
            "STANDIN_EVENTS": str(self.folder / "events"),
            "STANDIN_HOOKED": "yes" if self.hooked else "",
            "STANDIN_QUOTAS": "yes" if self.quotas else "",
            "STANDIN_ARMARIUS": json.dumps({"MODEL_FORMAT": "mlmodel", **self.chosen}),
            "DJANGO_SETTINGS_MODULE": "escriptorium.settings",
            **self.variables,
            HOME_VARIABLE: str(self.home),
        }
        hidden = (JOURNAL_VARIABLE, "PYTHONPATH")
        return {name: value for name, value in os.environ.items() if name not in hidden} | own

    def command(self, *words: str) -> list[str]:
        """A program of the environment, as people run it: in the folder of ``manage.py``, which is on no path."""
        return [sys.executable, "-W", "ignore::DeprecationWarning", str(PROGRAMS / words[0]), *words[1:]]

    # The web server --------------------------------------------------------------------------------------------

    def do(self, what: str, **arguments: Any) -> Any:
        """Lets the web server do something; see ``tests/standin/web.py``."""
        assert self.web is not None
        assert self.web.stdin is not None
        assert self.web.stdout is not None
        self.web.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self.web.stdin.flush()
        answer = json.loads(self.web.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    @contextmanager
    def pages(self) -> Iterator[str]:
        """Serves its pages by its real ASGI application, and gives their address."""
        port = free_port()
        command = self.command("uvicorn", "escriptorium.asgi:application", "--port", str(port), "--lifespan", "off")
        with (self.folder / "pages.log").open("a") as log:
            process = subprocess.Popen(command, env=self.environment, cwd=STANDIN, stdout=log, stderr=log)
        try:
            until(lambda: process.poll() is not None or answers(port), "an answer of the web server")
            assert process.poll() is None, (self.folder / "pages.log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def document(self, owner: int, pages: int = 2, first: int = 1) -> dict[str, Any]:
        """A document whose pages have an image and two lines each."""
        made: dict[str, Any] = self.do(
            "document", owner=owner, pages=[self.page(number) for number in range(first, first + pages)]
        )
        return made

    def page(self, number: int) -> Page:
        name = f"documents/page-{number}.png"
        (self.media / name).write_bytes(image_bytes(number, SIZE))
        mask = [[20, 30], [300, 30], [300, 75], [20, 75]]
        return name, [("abba", [[20, 60], [300, 62]], mask), ("baba", [[20, 70], [300, 72]], mask)]

    def hold(self, owner: int, drawn: Sequence[Drawn]) -> dict[str, Any]:
        """A document of pages that were drawn, with their regions."""
        pages = []
        for each in drawn:
            name = f"documents/{each.page.name}.png"
            (self.media / name).write_bytes(each.image)
            pages.append((name, [(line.text or "", line.baseline, line.boundary) for line in each.page.lines]))
        document: dict[str, Any] = self.do("document", owner=owner, pages=pages)
        for part, each in zip(document["parts"], drawn, strict=True):
            for region in each.page.regions:
                self.do("region", part=part, box=region.boundary)
        return document

    # Workers -----------------------------------------------------------------------------------------------------

    @contextmanager
    def worker(
        self, app: str = WORKER, pool: str = "prefork", concurrency: int = 2, queue: str = "gpu"
    ) -> Iterator["Worker"]:
        """A worker of a queue; it and all it started are ended with the block."""
        options = ["-Q", queue, "-P", pool, "-c", str(concurrency), "--prefetch-multiplier", "1", "-Ofair", "-E"]
        options += ["-n", f"{secrets.token_hex(4)}@%h"]
        log = self.folder / "worker.log"
        with log.open("a") as stream:
            process = subprocess.Popen(
                self.command("celery", "-A", app, "worker", "-l", "INFO", *options),
                env=self.environment,
                cwd=STANDIN,
                stdout=stream,
                stderr=stream,
            )
        worker = Worker(process, log)
        try:
            yield worker
        finally:
            worker.end()

    def check(self) -> dict[str, dict[str, str]]:
        """What ``armarius-escriptorium check`` finds, by name."""
        command = self.command("armarius-escriptorium", "check", "--json")
        done = subprocess.run(
            command, env=self.environment, cwd=STANDIN, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.stdout, done.stderr
        return {found["name"]: found for found in json.loads(done.stdout)}

    # What was heard ----------------------------------------------------------------------------------------------

    def heard(self) -> list[dict[str, Any]]:
        """Everything that pages and users were told, in order."""
        file = self.folder / "events"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def events(self, model: int) -> list[str]:
        """The names of what the page of a model heard of its training."""
        told = [event for event in self.heard() if event.get("name", "").startswith("training:")]
        return [event["name"] for event in told if event["data"].get("id") == model]

    def notified(self) -> list[dict[str, Any]]:
        return [event for event in self.heard() if "text" in event]

    # The site ----------------------------------------------------------------------------------------------------

    def allow(self, *names: str) -> None:
        """Lets the engine go on: ``epoch-1``, ``finish``, ``fail``."""
        for name in names:
            (self.folder / "control" / name).touch()

    def starts(self) -> int:
        """How often an engine began."""
        file = self.folder / "control" / "starts"
        return len(file.read_text().split()) if file.exists() else 0

    def until(self, condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Looks until something holds; shows what the worker said where it never does."""
        try:
            return until(condition, what, patience=patience)
        except AssertionError as error:
            log = self.folder / "worker.log"
            said = log.read_text()[-8000:] if log.exists() else ""
            raise AssertionError(f"{error}\n{said}") from error

    def until_ended(self, task_id: str, state: int) -> list[dict[str, Any]]:
        """Waits until all reports of a task are in a final state."""

        def ended() -> Any:
            reports = self.do("show_reports", task_id=task_id)
            return reports if reports and all(report["workflow_state"] == state for report in reports) else None

        found: list[dict[str, Any]] = self.until(ended, f"reports in state {state}")
        return found

    def until_closed(self, training: str) -> None:
        """Waits until the pool has nothing left to do for a training."""
        self.until(lambda: self.phase(training) == "ended", f"the end of {training}")

    def phase(self, training: str) -> str | None:
        """Reads what is remembered of a training."""
        with self._connected() as connection:
            row = connection.execute(
                "SELECT phase_name FROM armarius.escriptorium_training WHERE id = %s", (training,)
            ).fetchone()
        return str(row[0]) if row else None

    def expedite(self) -> None:
        """Lets the time pass in which a worker may take a message."""
        with self._connected() as connection:
            connection.execute("UPDATE armarius.escriptorium_training SET due = 0")

    def _connected(self) -> "psycopg.Connection[Any]":
        url = make_url(self.database).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(url)


@dataclass
class Worker:
    """A Celery worker."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def drives(self) -> bool:
        """Tells whether it has said that it drives trainings."""
        return any("escriptorium.life.process" in " ".join(each.cmdline()) for each in descendants(self.process.pid))

    def kill(self) -> None:
        """Ends it at once, with its children: the machine lost its power."""
        family = descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        for member in family:
            end(member)

    def end(self) -> None:
        """Ends it in good order, and whatever it leaves."""
        if self.process.poll() is not None:
            return
        family = descendants(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            for member in family:
                end(member)


@contextmanager
def running(folder: Path, database: str, redis: str, **options: Any) -> Iterator[Standin]:
    """Starts an instance without a worker."""
    made = Standin(folder, database, redis, **options)
    made.web = subprocess.Popen(
        made.command(str(STANDIN / "web.py")),
        env=made.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        made.do("prepare")
        yield made
    finally:
        assert made.web.stdin is not None
        made.web.stdin.close()
        made.web.wait(PATIENCE)
        assert made.web.stdout is not None
        made.web.stdout.close()
