"""Following a job: live where a person looks, plain lines where a file or a pipe does."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from armarius.client.cli.narrator import Narrator
from armarius.client.driver import Driver
from armarius.client.journal import JobRow
from armarius.client.pool import Job, Pool
from armarius.client.words import duration, percent, size
from armarius.functions.contracts import Progress


def follow(pool: Pool, job: Job, console: Console) -> JobRow:
    """Drives a job to its end and shows how it goes. Ctrl-C leaves it, with a checkpoint.

    Returns:
        The job as it then stands; not final when somebody left it.
    """
    narrator = Narrator(job)
    with stop_on_signals() as stop:
        if not console.is_terminal:
            return job.wait(lambda row: _print(console, narrator, row, pool.driver.trouble), stop)
        with Live(console=console, refresh_per_second=4, transient=True) as live:

            def seen(row: JobRow) -> None:
                _print(console, narrator, row)
                live.update(_status(row, narrator.latest, pool.driver))

            return job.wait(seen, stop)


def _print(console: Console, narrator: Narrator, row: JobRow, trouble: str = "") -> None:
    for line in narrator.news(row, trouble):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _status(row: JobRow, line: Progress | None, driver: Driver) -> Group:
    """What stands below the lines: where the job is, and how far the epoch."""
    parts: list[Text | Table] = [Text(f"{row.request.name}: {row.state.value}", style="bold")]
    if line is not None and row.state.computing:
        parts.append(_bar(line))
    if driver.trouble:
        parts.append(Text(driver.trouble, style="yellow"))
    return Group(*parts)


def _bar(line: Progress) -> Table:
    table = Table.grid(padding=(0, 2))
    per_epoch = line.steps_per_epoch or 0
    done = per_epoch if line.ends_epoch else line.step % per_epoch if per_epoch else 0
    table.add_row(
        f"{line.phase.value}, epoch {line.epoch + (not line.ends_epoch)}",
        ProgressBar(total=per_epoch or None, completed=done, width=30),
        f"accuracy {percent(line.accuracy)}" if line.accuracy is not None else "",
        f"{line.lines_per_second:.1f} lines/s" if line.lines_per_second else "",
        f"{size(line.memory)}" if line.memory else "",
        f"at most {duration(line.seconds_left)} left" if line.seconds_left is not None else "",
    )
    return table


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """Gives an event that Ctrl-C or SIGTERM sets; a second one interrupts as ever."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def leave(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, leave)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
