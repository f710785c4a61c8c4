"""What the benchmarks share: options, pages, kraken and Armarius, and words."""

import glob
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
import psutil
from processes import Ran, run, scratch

from armarius.client.config import HOME_VARIABLE, JOURNAL_VARIABLE
from armarius.client.demo_pages import write_demo_pages
from armarius.client.pages.collect import collect
from armarius.client.pages.reading import ReadPage, read_page
from armarius.functions.contracts import ArmariusError, TrainReport
from armarius.functions.errors import EngineMissing
from armarius.functions.site import KRAKEN_VARIABLE
from armarius.functions.versions import engine_versions

ENVIRONMENT = Path(__file__).resolve().parent.parent / ".envs" / "kraken"
SYNTHETIC_PAGES = 6
VALIDATION_SHARE = 0.1
F = TypeVar("F", bound=Callable[..., Any])


def usable_threads() -> int:
    """Returns the hardware threads that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_OPTIONS = (
    click.option(
        "--pages",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of ALTO or PAGE files beside their images.  [default: six synthetic pages]",
    ),
    click.option("--threads", type=click.IntRange(1), default=usable_threads, show_default="all"),
    click.option("--lrate", type=float, default=0.002, show_default=True, help="Learning rate."),
    click.option(
        "--kraken",
        type=click.Path(path_type=Path),
        default=ENVIRONMENT,
        show_default=".envs/kraken",
        help="The virtual environment that has kraken.",
    ),
)


def common_options(command: F) -> F:
    """Adds the options that every benchmark has."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


# Pages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pages:
    """The same pages for everybody.

    Attributes:
        what: What they are, in words.
        train: Transcriptions to train on.
        validation: Transcriptions that choose the best epoch.
        lines: Transcribed lines of the training pages, and of the validation pages.
    """

    what: str
    train: tuple[Path, ...]
    validation: tuple[Path, ...]
    lines: tuple[int, int]

    def counted(self) -> dict[str, Any]:
        """Returns what the JSON of a benchmark says of them."""
        return {"what": self.what, "train": len(self.train), "validation": len(self.validation)}

    def __str__(self) -> str:
        train, validation = self.lines
        return (
            f"{self.what}: {len(self.train)} pages with {train} lines to train on, "
            f"{len(self.validation)} with {validation} to validate"
        )


def find_pages(folder: Path | None, scratch: Path, validation: Path | None = None) -> Pages:
    """Returns the pages of a folder, or synthetic ones.

    A page that Armarius cannot use is left out for everybody, and told on standard error. Every tenth page validates.

    Args:
        folder: ALTO or PAGE files beside their images; None draws synthetic pages.
        scratch: Where synthetic pages are written.
        validation: A folder of pages that validate, instead of every tenth.

    Raises:
        ClickException: There are fewer than two pages.
    """
    if folder is None:
        folder, what = scratch / "pages", "synthetic pages"
        write_demo_pages(folder, SYNTHETIC_PAGES)
    else:
        what = f"pages of {folder.name}"
    usable = list(_usable(folder))
    if validation is not None:
        held_out = list(_usable(validation))
        return Pages(what, _files(usable), _files(held_out), (_lines(usable), _lines(held_out)))
    if len(usable) < 2:
        raise click.ClickException(f"{folder} holds {len(usable)} usable pages; two are the least.")
    count = max(1, round(VALIDATION_SHARE * len(usable)))
    step = len(usable) // count
    validation = usable[step - 1 :: step][:count]
    train = [page for page in usable if page not in validation]
    return Pages(what, _files(train), _files(validation), (_lines(train), _lines(validation)))


def _usable(folder: Path) -> Iterator[ReadPage]:
    try:
        for source in collect([folder.absolute()]):
            try:
                yield read_page(source.file)
            except ArmariusError as error:
                say(f"left out: {error}")
    except ArmariusError as error:
        raise click.ClickException(str(error)) from error


def _files(pages: Iterable[ReadPage]) -> tuple[Path, ...]:
    return tuple(page.file for page in pages)


def _lines(pages: Iterable[ReadPage]) -> int:
    return sum(1 for page in pages for line in page.checked.lines if line.text)


class Ready(NamedTuple):
    """What a benchmark works with.

    Attributes:
        kraken: The environment that has it.
        machine: As :func:`machine` describes it, before anything was started.
        pages: For everybody.
        folder: Scratch, removed in the end.
    """

    kraken: "Kraken"
    machine: dict[str, Any]
    pages: Pages
    folder: Path


@contextmanager
def prepared(environment: Path, pages: Path | None, validation: Path | None = None) -> Iterator[Ready]:
    """Finds kraken and the pages, tells which they are, and fills the disk cache.

    Args:
        environment: The virtual environment that has kraken.
        pages: As for :func:`find_pages`.
        validation: Likewise.

    Raises:
        ClickException: Something is missing.
    """
    kraken = find_kraken(environment)
    where = machine(kraken)
    with scratch() as folder:
        found = find_pages(pages, folder, validation)
        say(str(found))
        warm(kraken, folder / "warm")
        yield Ready(kraken, where, found, folder)


# kraken and Armarius ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kraken:
    """The environment that has kraken.

    Attributes:
        python: Its interpreter.
        ketos: Its ``ketos``.
        versions: Of kraken and torch.
    """

    python: Path
    ketos: Path
    versions: dict[str, str]


def find_kraken(environment: Path) -> Kraken:
    """Finds kraken in a virtual environment.

    Raises:
        ClickException: It is not there; the message says how to set it up.
    """
    folder = environment.absolute() / "bin"
    python, ketos = folder / "python", folder / "ketos"
    hint = "Set it up with: make envs, or name another environment with --kraken."
    if not python.exists() or not ketos.exists():
        raise click.ClickException(f"There is no kraken in {environment}. {hint}")
    try:
        found = engine_versions(python)
    except EngineMissing as error:
        raise click.ClickException(f"{error} {hint}") from error
    return Kraken(python, ketos, {"armarius": found.armarius, "kraken": found.kraken, "torch": found.torch})


def warm(kraken: Kraken, folder: Path) -> None:
    """Imports kraken once, so that nobody pays for a cold disk cache."""
    say("reading kraken and torch into the disk cache")
    run([str(kraken.python), "-c", "import kraken.train, coremltools"], folder)


def ketos_train(
    kraken: Kraken, pages: Pages, words: Sequence[str], *, threads: int, seed: int, folder: Path, workers: int = 1
) -> Ran:
    """Trains with ``ketos train`` on the XML files, as a person does it by hand; the models are in ``model``.

    Args:
        kraken: Whose ketos.
        pages: To train and to validate with.
        words: Further options.
        threads: To compute with.
        seed: Of ketos' generators.
        folder: Made; everything that ketos writes is there.
        workers: Loader processes; 1 is ketos' own default.

    Raises:
        ClickException: It failed.
    """
    folder.mkdir(parents=True)
    listing = folder / "validation.txt"
    listing.write_text("".join(f"{file}\n" for file in pages.validation), encoding="utf-8")
    return run(
        [
            str(kraken.ketos), "--device", "cpu", "--threads", str(threads), "--workers", str(workers), "--seed",
            str(seed), "train", "--format-type", "xml", *words, "--output", "model", "--evaluation-data", str(listing),
            *(glob.escape(str(file)) for file in pages.train),
        ],
        folder,
    )  # fmt: skip


@dataclass(frozen=True)
class Armarius:
    """The command line, with a data directory of its own.

    Attributes:
        kraken: Its engine's environment.
        home: The data directory; ``output-…`` and logs lie there too.
    """

    kraken: Kraken
    home: Path

    def run(self, *arguments: str) -> Ran:
        """Runs ``armarius`` with these arguments.

        Raises:
            ClickException: It failed.
        """
        own = {
            HOME_VARIABLE: str(self.home),
            JOURNAL_VARIABLE: "",  # the home's own
            KRAKEN_VARIABLE: str(self.kraken.python),
        }
        command = [sys.executable, "-m", "armarius.client.cli", *arguments]
        return run(command, self.home / f"log-{arguments[0]}", own)

    def train(self, pages: Pages, output: str, *options: str, command: str = "train") -> tuple[Ran, dict[str, Any]]:
        """Trains with ``armarius train --json``, or another command.

        Returns:
            How it ran, and the job as JSON.

        Raises:
            ClickException: It failed.
        """
        validation = [word for file in pages.validation for word in ("--validation", str(file))]
        target = str(self.home / f"output-{output}")
        ran = self.run(command, *map(str, pages.train), *validation, "--output", target, *options, "--json")
        return ran, json.loads(ran.output)

    def show(self, job_id: str) -> dict[str, Any]:
        """Returns a job as ``armarius show JOB --json`` tells it."""
        shown: dict[str, Any] = json.loads(self.run("show", job_id, "--json").output)
        return shown


def only_report(job: Mapping[str, Any]) -> TrainReport:
    """Returns the report of a job's only run.

    Raises:
        ClickException: There were more runs: something broke in between, and the figures mean nothing.
    """
    if len(job["runs"]) != 1 or not job["runs"][0]["report"]:
        said = "; ".join(f"{event['state']}: {event['message']}" for event in job["events"])
        raise click.ClickException(f"Job {job['id']} did not end well in one run: {said}")
    return TrainReport.model_validate_json(json.dumps(job["runs"][0]["report"]))


# Words -----------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Tells how far it is, on standard error."""
    click.echo(text, err=True)


def machine(kraken: Kraken) -> dict[str, Any]:
    """Describes where and with what it was measured. A load well above 0 before the start spoils every figure."""
    return {
        "processor": _processor(),
        "usable_threads": usable_threads(),
        "memory": psutil.virtual_memory().total,
        "load_before": round(psutil.getloadavg()[0], 2),
        "python": platform.python_version(),
        **kraken.versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def median(values: Iterable[float]) -> float:
    """Returns the median."""
    return statistics.median(values)


def print_json(result: Mapping[str, Any]) -> None:
    """Prints the one line for programs; it is the last of standard output."""
    click.echo(json.dumps(result, ensure_ascii=False))
