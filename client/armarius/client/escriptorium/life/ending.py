"""The end of a training, told to everybody. Each of these may be done twice: it comes to the same."""

import shutil
from typing import Any

from armarius.client.escriptorium.data.wanted import wanted
from armarius.client.escriptorium.host import events, reports, shelf
from armarius.client.escriptorium.host.reports import State
from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.life.beginning import IMAGES
from armarius.client.escriptorium.life.office import Office, home_of, room_of
from armarius.client.escriptorium.life.telling import Level, name_of, notify
from armarius.client.escriptorium.record import Phase, TrainingRow
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.naming import best_model, epoch_model
from armarius.client.results import CARD
from armarius.functions.contracts import BadInput, Metrics, Reason, TrainReport

NO_SUCH_WEIGHTS = "This network cannot be written in the format that this eScriptorium reads."


def end(office: Office, row: TrainingRow, job: JobRow) -> None:
    """Tells the end of a job."""
    if job.state is JobState.DONE and job.run is not None:
        _finish(office, row, job, TrainReport.model_validate(job.run.report_json))
    elif job.state is JobState.CANCELLED:
        withdraw(office, row, job, "The administrators cancelled it.")
    else:
        fail(office, row, job.error, words.next_step(job), gpu_seconds(job))
        _drop_what_did_not_converge(row, job)  # last of all: a model that is gone has no training to be told of


def fail(office: Office, row: TrainingRow, why: str, step: str = "", seconds: float | None = None) -> None:
    """Tells that there is no model, and leaves what there was as it was."""
    shelf.keep(row.model, row.before_json)
    said = words.failed(name_of(row), why, step)
    room = room_of(row)
    if room is not None:
        events.error(room, row.model, said)
    _close(office, row, State.ERROR, said, "danger", seconds)


def withdraw(office: Office, row: TrainingRow, job: JobRow | None, why: str) -> None:
    """Ends a training because somebody wants it to.

    Its user may begin another at once; what the cluster still does is ended as soon as it can be told, and what that
    took is then written down.
    """
    if row.holds:
        shelf.keep(row.model, row.before_json)
        office.ledger.note(row.id, holds=False, cancelled=True)
        reports.say(row.task_id, [words.at(office.now(), f"Cancelled. {why}".strip())])
        reports.end(row.task_id, State.CANCELED, None)
        room = room_of(row)
        if room is not None:
            events.done(room, row.model)
    if job is not None and not job.state.final:
        if not job.cancel:
            office.pool.desk.journal.ask_to_cancel(job.id, office.now())
        return
    reports.put_back(row.task_id)
    reports.end(row.task_id, State.CANCELED, gpu_seconds(job))
    _clean_up(office, row, words.CANCELLED)


def gpu_seconds(job: JobRow | None) -> float | None:
    """Adds up what all runs of a job took of GPUs: no waiting in any queue is in it."""
    told = [run.report_json for run in job.runs if run.report_json] if job is not None else []
    return sum(report["usage"]["gpu_seconds"] for report in told) if told else None


def _finish(office: Office, row: TrainingRow, job: JobRow, report: TrainReport) -> None:
    """Brings the model home, unless it is no better than the one that is there."""
    _offer_all_versions(row, job, report)
    site = words.where(job.run.site) if job.run is not None else "the pool"
    if report.improved is False and job.request.model is not None:  # a new model has nothing to keep
        shelf.keep(row.model, row.before_json)
        _close(office, row, State.DONE, words.NOT_BETTER, "warning", gpu_seconds(job))
        return
    home = home_of(row)
    model = next((each for each in report.models if home.path.endswith(f".{each.format}")), None)
    if model is None:
        fail(office, row, NO_SUCH_WEIGHTS, words.ELSE, gpu_seconds(job))
        return
    weights = best_model(job.request, report, model)
    shelf.bring_home(row.model, home, weights, job.request.output / CARD, _figures(report))
    if report.improved is False:
        _close(office, row, State.DONE, words.no_better_start(name_of(row), report, site), "warning", gpu_seconds(job))
    else:
        _close(office, row, State.DONE, words.finished(name_of(row), report, site), "success", gpu_seconds(job))


def _figures(report: TrainReport) -> dict[str, Any]:
    """Returns what eScriptorium keeps of a training besides the weights."""
    figures: dict[str, Any] = {"training_epoch": len(report.epochs)}
    best = next((epoch for epoch in report.epochs if epoch.number == report.best_epoch), None)
    if best is not None:
        figures["training_accuracy"] = best.accuracy
    if isinstance(report.metrics, Metrics):
        figures |= {"training_total": report.metrics.characters, "training_errors": report.metrics.errors}
    return figures


def _offer_all_versions(row: TrainingRow, job: JobRow, report: TrainReport) -> None:
    """Offers what came home after its epoch was told."""
    for model in report.epoch_models:
        weights = epoch_model(job.request, model)
        if weights.is_file():
            shelf.add_version(row.model, home_of(row), weights, epoch=model.epoch, accuracy=model.accuracy)


def _drop_what_did_not_converge(row: TrainingRow, job: JobRow) -> None:
    """Deletes a model that never had any weights, if its training brought none: so eScriptorium means to."""
    reported = job.run.report_json if job.run is not None else None
    if reported and reported.get("reason") == Reason.NO_IMPROVEMENT.value:
        shelf.drop_if_empty(row.model)


def _close(office: Office, row: TrainingRow, state: State, said: str, level: Level, seconds: float | None) -> None:
    """Tells an end that nobody asked for, good or bad."""
    reports.put_back(row.task_id)
    reports.say(row.task_id, [words.at(office.now(), said)])
    reports.end(row.task_id, state, seconds)
    room = room_of(row)
    if room is not None:
        events.done(room, row.model)
        _tell_pages(row, "done" if state is State.DONE else "error")
    notify(row, said, level)
    _clean_up(office, row, said)


def _tell_pages(row: TrainingRow, status: str) -> None:
    """Ends what eScriptorium has told each page of the document when the task began."""
    try:
        asked = wanted(row.task, row.arguments_json)
    except BadInput:
        return
    events.pages(asked.room, asked.parts, row.task, status, row.task_id)


def _clean_up(office: Office, row: TrainingRow, outcome: str) -> None:
    """Closes the training. What was linked to is not needed any more; the report page and the card stay."""
    office.ledger.note(row.id, phase=Phase.ENDED, holds=False, outcome=outcome)
    shutil.rmtree(office.folder(row) / IMAGES, ignore_errors=True)
