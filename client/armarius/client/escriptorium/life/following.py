"""Telling what becomes of a training while it is computed."""

from armarius.client.escriptorium.host import events, reports, shelf
from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.life.beginning import PACKED_PERCENT
from armarius.client.escriptorium.life.office import Office, home_of, room_of
from armarius.client.escriptorium.life.queues import Queues
from armarius.client.escriptorium.life.telling import name_of, notify
from armarius.client.escriptorium.record import TrainingRow
from armarius.client.jobs.state import JobState
from armarius.client.journal import EventRow, JobRow
from armarius.client.naming import epoch_model
from armarius.functions.contracts import EpochModel, Progress

PATIENCE = 60.0
"""Seconds for which an epoch is not told because its weights are still on their way; the end brings them all."""


Said = tuple[float, str]
"""A line of a report, and its moment."""


def follow(office: Office, queues: Queues, row: TrainingRow, job: JobRow) -> bool:
    """Tells what is new of a job.

    Returns:
        Whether all of it is told: an epoch may wait for its weights, and a hand-over for what the queue says.
    """
    happened, event = _new_events(queues, row, job)
    _tell_staging(office, row, job)
    learnt, line, complete = _new_progress(office, row, job)
    # The epochs of a state were done before the job left it.
    reports.say(row.task_id, [text for _, text in sorted(happened + learnt, key=lambda each: each[0])])
    if (event, line) != (row.event, row.line):
        office.ledger.note(row.id, event=event, line=line)
    return complete and (not job.events or event == job.events[-1].id)


def _new_events(queues: Queues, row: TrainingRow, job: JobRow) -> tuple[list[Said], int]:
    """Returns what is to be said of the job's history, and the number of the last event of that."""
    said, last = [], row.event
    site = words.where(job.run.site) if job.run is not None else "the pool"
    for event in job.events:
        if event.id <= row.event:
            continue
        if waits_in_queue(event, job):
            if job.run is not None and queues.is_asking(job.run):
                break
            starts_in = queues.starts_in(job.run) if job.run is not None else None
            said.append((event.at, words.handed_over(event, site, starts_in)))
            if not row.foretold:
                notify(row, words.waits(name_of(row), site, starts_in))
        elif text := words.event(event, site):
            said.append((event.at, text))
        if event is job.events[-1] and event.state is JobState.WAITING:
            notify(row, words.held_back(name_of(row), event.message))
        last = event.id
    return said, last


def waits_in_queue(event: EventRow, job: JobRow) -> bool:
    """Tells whether an event is the hand-over of the job's last run, which has not begun yet as far as is known."""
    return event.state.computing and event is job.events[-1] and job.run is not None and not job.run.position


def _tell_staging(office: Office, row: TrainingRow, job: JobRow) -> None:
    """Fills the rest of the bar by the bytes that have arrived."""
    percent = _staged(office, job)
    room = room_of(row)
    if percent > row.gathered and room is not None:
        events.gathering(room, row.model, percent)
        office.ledger.note(row.id, gathered=percent)


def _staged(office: Office, job: JobRow) -> int:
    if job.state.computing or job.state.final or job.state is JobState.RETURNING:
        return 100
    transfer = office.pool.desk.journal.transfers.read(job.transfer) if job.transfer else None
    if transfer is None or not transfer.total:
        return 0
    return PACKED_PERCENT + (100 - PACKED_PERCENT) * transfer.moved // transfer.total


def _new_progress(office: Office, row: TrainingRow, job: JobRow) -> tuple[list[Said], int, bool]:
    """Tells the epochs that are new.

    Returns:
        What is to be said of them, the number of the last line of that, and whether no other has to wait.
    """
    said: list[Said] = []
    last = row.line
    for number, line in office.pool.desk.journal.progress(row.id, row.line):
        if line.model is not None and not _tell_epoch(office, row, job, line, line.model):
            return said, last, False
        if line.ends_epoch:
            said.append((line.at, words.epoch(line)))
        _foretell(office, row, job, line)
        last = number
    return said, last, True


def _tell_epoch(office: Office, row: TrainingRow, job: JobRow, line: Progress, model: EpochModel) -> bool:
    """Offers the weights of an epoch, and tells the page; False while they are on their way."""
    weights, room = epoch_model(job.request, model), room_of(row)
    late = job.state.final or office.now() - line.at > PATIENCE
    if not weights.is_file() and not late:
        return False
    versions = shelf.add_version(row.model, home_of(row), weights, epoch=model.epoch, accuracy=model.accuracy)
    if room is not None:
        events.evaluated(room, row.model, versions=versions, epoch=model.epoch, accuracy=model.accuracy)
    return True


def _foretell(office: Office, row: TrainingRow, job: JobRow, line: Progress) -> None:
    """Tells once where it runs and when it ends, as soon as that is known."""
    if line.seconds_left is None or row.foretold or job.run is None:
        return
    row.foretold = line.at + line.seconds_left
    office.ledger.note(row.id, foretold=row.foretold)
    notify(row, words.foretold(name_of(row), words.where(job.run.site), line))
