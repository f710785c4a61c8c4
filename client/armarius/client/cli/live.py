"""Following a job: live where a person looks, plain lines where a file or a pipe does."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from armarius.client.cli.narrator import Narrator, bytes_of
from armarius.client.cli.pagenews import pages_of, speed_of
from armarius.client.driver import Driver
from armarius.client.errors import JournalUnreachable
from armarius.client.foresight import end_of
from armarius.client.job import Job
from armarius.client.journal import JobRow, TransferRow
from armarius.client.pool import Pool
from armarius.client.wording import Wording, wording_of
from armarius.client.words import percent, size
from armarius.functions.contracts import Progress


def follow(pool: Pool, job: Job, console: Console) -> JobRow:
    """Drives a job to its end and shows how it goes. Ctrl-C leaves it, with a checkpoint.

    Returns:
        The job as it then stands; not final when somebody left it.
    """
    narrator = Narrator(job)
    with stop_on_signals() as stop:
        if not console.is_terminal:

            def told(row: JobRow) -> None:
                _print(console, narrator, row, pool.driver.trouble, _transfer(pool, row))

            return job.wait(told, stop)
        with Live(console=console, refresh_per_second=4, transient=True) as live:

            def seen(row: JobRow) -> None:
                _print(console, narrator, row)
                live.update(_status(row, narrator.latest, _transfer(pool, row), pool.driver))

            return job.wait(seen, stop)


def _print(
    console: Console, narrator: Narrator, row: JobRow, trouble: str = "", transfer: TransferRow | None = None
) -> None:
    for line in narrator.news(row, trouble, transfer):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _transfer(pool: Pool, row: JobRow) -> TransferRow | None:
    """Finds what the job waits for, as its driver saw it last."""
    try:
        return pool.desk.journal.transfers.read(row.transfer) if row.transfer else None
    except JournalUnreachable:  # which the driver tells
        return None


def _status(row: JobRow, line: Progress | None, transfer: TransferRow | None, driver: Driver) -> Group:
    """What stands below the lines: where the job is, and how far the epoch or the files."""
    parts: list[Text | Table] = [Text(f"{row.request.name}: {row.state.value}", style="bold")]
    if line is not None and row.state.computing and row.request.kind.is_of_pages:
        parts.append(_pages(line))
    elif line is not None and row.state.computing:
        parts.append(_bar(line, wording_of(row.request.parameters.kind)))
    if transfer is not None and transfer.total:
        parts.append(_bytes(transfer))
    if transfer is not None and transfer.message:
        parts.append(Text(transfer.message, style="yellow"))
    if driver.trouble:
        parts.append(Text(driver.trouble, style="yellow"))
    return Group(*parts)


def _bar(line: Progress, wording: Wording[Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    per_epoch = line.steps_per_epoch or 0
    done = per_epoch if line.ends_epoch else line.step % per_epoch if per_epoch else 0
    table.add_row(
        f"{line.phase.value}, epoch {line.epoch + (not line.ends_epoch)}",
        ProgressBar(total=per_epoch or None, completed=done, width=30),
        f"{wording.accuracy} {percent(line.accuracy)}" if line.accuracy is not None else "",
        wording.speed(line),
        f"{size(line.memory)}" if line.memory else "",
        end_of(line),
    )
    return table


def _pages(line: Progress) -> Table:
    table = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=line.steps_per_epoch, completed=line.step, width=30)
    memory = size(line.memory) if line.memory else ""
    table.add_row(line.phase.value, bar, pages_of(line), speed_of(line), memory, end_of(line))
    return table


def _bytes(transfer: TransferRow) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(ProgressBar(total=transfer.total, completed=transfer.moved, width=30), bytes_of(transfer))
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
