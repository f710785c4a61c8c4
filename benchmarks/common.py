"""What the benchmarks share: pages, processes that are timed and weighed, and what a job says of itself."""

import json
import os
import platform
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click
import psutil

from armarius.client.config import HOME_VARIABLE, JOURNAL_VARIABLE
from armarius.client.demo_pages import write_demo_pages
from armarius.client.pages.collect import collect
from armarius.client.pages.reading import ReadPage, read_page
from armarius.functions.contracts import ArmariusError, TrainReport
from armarius.functions.errors import EngineMissing
from armarius.functions.site import KRAKEN_VARIABLE
from armarius.functions.versions import engine_versions

ENVIRONMENT = Path(__file__).resolve().parent.parent / ".envs" / "kraken"
MARK = "ARMARIUS_BENCHMARK"
"""In the environment of all that a benchmark starts: Parsl's workers leave their parents, and are found by it."""

LOOK_SECONDS = 1.0
"""How often the memory of all processes is added up; more often would take time from what is measured."""

GRACE_SECONDS = 3.0
SYNTHETIC_PAGES = 6
VALIDATION_SHARE = 0.1
_LAST_WORDS = 2000
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

    def __str__(self) -> str:
        train, validation = self.lines
        return (
            f"{self.what}: {len(self.train)} pages with {train} lines to train on, "
            f"{len(self.validation)} with {validation} to validate"
        )


def find_pages(folder: Path | None, scratch: Path) -> Pages:
    """Returns the pages of a folder, or synthetic ones.

    A page that Armarius cannot use is left out for everybody, and told on standard error. Every tenth page validates.

    Args:
        folder: ALTO or PAGE files beside their images; None draws synthetic pages.
        scratch: Where synthetic pages are written.

    Raises:
        ClickException: There are fewer than two pages.
    """
    if folder is None:
        folder, what = scratch / "pages", "synthetic pages"
        write_demo_pages(folder, SYNTHETIC_PAGES)
    else:
        what = f"pages of {folder.name}"
    usable = list(_usable(folder))
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


# Processes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """A command that ended well.

    Attributes:
        started: Seconds since 1970.
        seconds: Wall time from its start to its end.
        memory: Most bytes of all its processes together; shared pages are counted once where the kernel tells.
        output: What it printed to standard output.
    """

    started: float
    seconds: float
    memory: int
    output: str


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Ran:
    """Runs a command to its end, weighing it and all that it starts; leaves no process behind.

    Args:
        command: Program and arguments.
        folder: Its working directory, made if it is missing; ``stdout`` and ``stderr`` are written there.
        environment: What it gets besides ours. Slurm's variables are kept from it: Lightning reads them.

    Raises:
        ClickException: It ended with an error; the message holds its last words.
    """
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(8)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}
    memory = 0
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        started, begun = time.time(), time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**inherited, **(environment or {}), MARK: token},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,  # Ctrl-C is ours to pass on
        )
        try:
            while not _ended(process):
                memory = max(memory, sum(_memory(member) for member in _family(token)))
            seconds = time.perf_counter() - begun
        finally:
            _end(token)
            process.wait()
    if process.returncode:
        raise click.ClickException(_last_words(command, folder, process.returncode))
    return Ran(started, seconds, memory, (folder / "stdout").read_text(encoding="utf-8", errors="replace"))


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    """Waits for the end, for as long as it is until the next look."""
    try:
        process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _family(token: str) -> list[psutil.Process]:
    """Finds all living processes that bear a mark."""
    return [process for process in psutil.process_iter() if _mark(process) == token]


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):  # another user's, or gone meanwhile
        return None


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.Error:
        return 0


def _end(token: str) -> None:
    """Ends all processes that bear a mark, those too that are started meanwhile."""
    while family := _family(token):
        for process in family:
            _signal(process, signal.SIGTERM)
        _, stubborn = psutil.wait_procs(family, timeout=GRACE_SECONDS)
        for process in stubborn:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(stubborn, timeout=GRACE_SECONDS)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _last_words(command: Sequence[str], folder: Path, code: int) -> str:
    streams = ((folder / name).read_text(encoding="utf-8", errors="replace").strip() for name in ("stderr", "stdout"))
    said = next((text for text in streams if text), "(nothing)")
    name = " ".join([Path(command[0]).name, *command[1:4]])
    return f"{name} … ended with {code}. Its last words:\n{said[-_LAST_WORDS:]}"


@contextmanager
def scratch() -> Iterator[Path]:
    """Gives a temporary directory that is removed in the end, after SIGTERM too.

    Side effects: what is started meanwhile keeps its temporary files there, so that nothing of them remains either.
    """
    before, places = signal.signal(signal.SIGTERM, _interrupt), os.environ.get("TMPDIR")
    try:
        with tempfile.TemporaryDirectory(prefix="armarius-benchmark-", ignore_cleanup_errors=True) as folder:
            os.environ["TMPDIR"] = folder
            yield Path(folder).resolve()
    finally:
        os.environ.pop("TMPDIR", None)
        if places is not None:
            os.environ["TMPDIR"] = places
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


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

    def train(self, pages: Pages, output: str, *options: str) -> tuple[Ran, dict[str, Any]]:
        """Trains with ``armarius train --json``.

        Returns:
            How it ran, and the job as JSON.

        Raises:
            ClickException: It failed.
        """
        validation = [word for file in pages.validation for word in ("--validation", str(file))]
        target = str(self.home / f"output-{output}")
        ran = self.run("train", *map(str, pages.train), *validation, "--output", target, *options, "--json")
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
