"""What many trainings of an eScriptorium at once take of its server, and ask of Globus and of its databases."""

import math
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import psutil
from common import print_json, say, usable_threads
from processes import scratch

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))  # the stand-in for eScriptorium is a part of the tests

from armarius.client.adapters.globus.compute.allowance import REQUESTS as ALLOWED  # noqa: E402
from armarius.client.adapters.globus.compute.allowance import WINDOW_SECONDS  # noqa: E402
from armarius.client.testing.timed import Course  # noqa: E402
from support.cli import descendants  # noqa: E402
from support.crowd import CHOSEN, Crowd, counts, driving  # noqa: E402
from support.escriptorium_server import HOOKED_BY_SETTINGS, Standin, running  # noqa: E402
from support.postgresql import Server, find_server, running_server  # noqa: E402
from support.redis_server import find_redis, flush, running_redis  # noqa: E402

REQUESTS = 3
"""For a training before it is computed: two looks at what the site lacks, and the hand-over."""
PROCESSES = 2
"""Of the worker."""


@dataclass(frozen=True)
class Servers:
    """PostgreSQL and Redis."""

    postgresql: Server
    redis: str


@dataclass(frozen=True)
class Measured:
    """What some trainings at once took.

    Attributes:
        trainings: How many.
        worker_mb: The worker with all its processes, while all are trained.
        driver_mb: The process that drives.
        cpu_percent: Of one thread, by both together, while all are trained.
        requests_per_minute: To the site, while all are trained.
        requests_in_ten_seconds: At most, at any time: also while all of them are handed over.
        queries_per_minute: To both databases, by the driving process, while all are trained.
        start_p50: Seconds from pressing "Train" to the event "training:start".
        start_max: The same of the last.
        all_trained: Seconds from the first button to the first epoch of the last training.
        done: How many ended well.
    """

    trainings: int
    worker_mb: float
    driver_mb: float
    cpu_percent: float
    requests_per_minute: float
    requests_in_ten_seconds: int
    queries_per_minute: float
    start_p50: float
    start_max: float
    all_trained: float
    done: int


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Starts them.

    Raises:
        ClickException: They are not installed.
    """
    programs, why = find_server()
    redis, why_not = find_redis()
    if programs is None or redis is None:
        raise click.ClickException(why or why_not)
    with running_server(programs) as server, running_redis(redis, folder) as url:
        yield Servers(server, url)


@contextmanager
def instance(made: Servers, folder: Path, **options: Any) -> Iterator[Standin]:
    """An eScriptorium without anything in it."""
    flush(made.redis)
    with running(folder, made.postgresql.new_database(), made.redis, **options) as there:
        yield there


def measure(there: Standin, number: int, course: Course, pace: float, steady: float) -> Measured:
    """Lets so many trainings go from the button to the model."""
    with there.worker(concurrency=PROCESSES) as worker, driving(there, course, pace, globus=True) as driver:
        crowd = Crowd(there, number)
        crowd.press_all()
        crowd.until_heard("training:start")
        crowd.until_heard("training:eval")
        began, seconds = time.time(), cpu_seconds(worker.process.pid, driver.pid)
        time.sleep(steady)  # what is measured is a time in which nothing begins or ends
        ended, used = time.time(), cpu_seconds(worker.process.pid, driver.pid) - seconds
        memory = megabytes(worker.process.pid), megabytes(driver.pid)
        crowd.until_heard("training:done")
        crowd.until_closed()
    asked = counts(there)
    requests = sorted(at for what, moments in asked.items() if what != "query" for at in moments)
    waited = [at - crowd.pressed[model] for model, at in crowd.heard("training:start").items()]
    return Measured(
        number,
        *memory,
        round(100 * used / (ended - began), 1),
        per_minute(requests, began, ended),
        most_in(requests, WINDOW_SECONDS),
        per_minute(asked["query"], began, ended),
        round(statistics.median(waited), 2),
        round(max(waited), 2),
        round(began - min(crowd.pressed.values()), 1),
        sum(1 for event in there.heard() if event.get("level") == "success"),
    )


def course(number: int, epoch: float) -> Course:
    """Makes trainings so long that all of them are computed at the same time, though they are handed over in turn."""
    handing_over = number * REQUESTS * WINDOW_SECONDS / ALLOWED
    return Course(queue_seconds=1.0, epoch_seconds=epoch, epochs=math.ceil(1.2 * handing_over / epoch) + 4)


def blocked(there: Standin, number: int) -> float:
    """Returns the MB of a worker that trains itself: a process for each training, which waits for its end."""
    busy = there.folder / "busy"
    busy.touch()
    there.variables["STANDIN_BUSY"] = str(busy)
    with there.worker(HOOKED_BY_SETTINGS, concurrency=number) as worker:
        crowd = Crowd(there, number)
        crowd.press_all()
        there.until(lambda: there.do("running") == number, f"{number} trainings that block")
        found = megabytes(worker.process.pid)
        busy.unlink()
        for task in crowd.tasks.values():
            there.until_ended(task, 3)
    return found


def megabytes(pid: int) -> float:
    """Adds up the memory of a process and all it started; what they share counts once where the kernel tells."""
    total = 0
    for process in family(pid):
        try:
            full = process.memory_full_info()
            total += getattr(full, "pss", 0) or full.rss
        except psutil.NoSuchProcess:
            continue
    return round(total / 1e6, 1)


def cpu_seconds(*pids: int) -> float:
    """Adds up the time that some processes and all they started were computed."""
    everybody = [process for pid in pids for process in family(pid)]
    return sum(sum(process.cpu_times()[:2]) for process in everybody if process.is_running())


def family(pid: int) -> list[psutil.Process]:
    """Returns a process and all it started."""
    return [psutil.Process(pid), *descendants(pid)]


def per_minute(moments: Sequence[float], begin: float, end: float) -> float:
    """Counts what happened in a time, for a minute of it."""
    return round(60 * sum(1 for at in moments if begin <= at <= end) / (end - begin), 1)


def most_in(moments: Sequence[float], seconds: float) -> int:
    """Returns how much happened at most in any time of so many seconds; the moments are in order."""
    most, first = 0, 0
    for last, at in enumerate(moments):
        while at - moments[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@click.command(help=__doc__)
@click.option("--trainings", default="20,50,100,200", show_default=True, help="How many at once, one after the other.")
@click.option("--blocked", "others", type=click.IntRange(1), default=20, show_default=True, help="Of the peer's.")
@click.option("--pace", default=5.0, show_default=True, help="Seconds between two looks at the site, as in its file.")
@click.option("--epoch", default=30.0, show_default=True, help="Seconds of an epoch.")
def main(trainings: str, others: int, pace: float, epoch: float) -> None:
    """Runs it."""
    load = round(os.getloadavg()[0], 2)
    found: list[Measured] = []
    with scratch() as folder, servers(folder) as made:
        with instance(made, folder / "blocked") as there:
            peer = blocked(there, others)
        say(f"a process for each training: {peer:.0f} MB for {others}, {peer / others:.1f} MB for each")
        for number in (int(each) for each in trainings.split(",")):
            with instance(made, folder / str(number), chosen=CHOSEN) as there:
                found.append(measure(there, number, course(number, epoch), pace, 2 * epoch))
            say(f"{number:>3} trainings: {found[-1]}")
    last = found[-1]
    ours = last.worker_mb + last.driver_mb
    print_json(
        {
            "benchmark": "escriptorium",
            "epoch": epoch,
            "pace": pace,
            "measured": [asdict(each) for each in found],
            "blocked": {"trainings": others, "mb": peer},
            "ratio": round(ours / last.trainings / (peer / others), 3),
            "allowed_in_ten_seconds": ALLOWED,
            "usable_threads": usable_threads(),
            "load_before": load,
        }
    )


if __name__ == "__main__":
    main()
