"""Telling what becomes of a training while it is computed."""

from armarius.client.escriptorium.host import events, reports, shelf
from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.life.beginning import PACKED_PERCENT
from armarius.client.escriptorium.life.office import Office, home_of, room_of
from armarius.client.escriptorium.life.telling import name_of, notify
from armarius.client.escriptorium.record import TrainingRow
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.naming import epoch_model
from armarius.functions.contracts import EpochModel, Progress

PATIENCE = 60.0
"""Seconds for which an epoch is not told because its weights are still on their way; the end brings them all."""


def follow(office: Office, row: TrainingRow, job: JobRow) -> bool:
    """Tells what is new of a job.

    Returns:
        Whether all of it is told: an epoch may wait for its weights.
    """
    _tell_events(office, row, job)
    _tell_staging(office, row, job)
    return _tell_progress(office, row, job)


def _tell_events(office: Office, row: TrainingRow, job: JobRow) -> None:
    news = [event for event in job.events if event.id > row.event]
    if not news:
        return
    site = words.where(job.run.site) if job.run is not None else "the pool"
    reports.say(row.task_id, [line for line in (words.event(event, site) for event in news) if line])
    if any(event.state is JobState.CALIBRATING for event in news) and not row.foretold:
        notify(row, words.waits(name_of(row), site))
    if job.state is JobState.WAITING and news[-1].state is JobState.WAITING:
        notify(row, words.held_back(name_of(row), news[-1].message))
    office.ledger.note(row.id, event=news[-1].id)


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


def _tell_progress(office: Office, row: TrainingRow, job: JobRow) -> bool:
    said, last = [], row.line
    complete = True
    for number, line in office.pool.desk.journal.progress(row.id, row.line):
        if line.model is not None and not _tell_epoch(office, row, job, line, line.model):
            complete = False
            break
        if line.ends_epoch:
            said.append(words.epoch(line))
        _foretell(office, row, job, line)
        last = number
    if last != row.line:
        reports.say(row.task_id, said)
        office.ledger.note(row.id, line=last)
    return complete


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
    notify(row, words.foretold(name_of(row), words.where(job.run.site), row.foretold))
