"""Bringing the model files of single epochs home, from every site on which the job was trained."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby

from armarius.client.jobs.desk import Desk
from armarius.client.jobs.transferring import may_begin, watch_transfer, why_given_up
from armarius.client.journal import JobRow, RunRow
from armarius.client.naming import epoch_model
from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.functions.contracts import ArmariusError, EpochModel, Progress, TrainReport


def bring_epochs(desk: Desk, job: JobRow, report: TrainReport) -> str | None:
    """Takes the model files of all epochs further on their way, those of earlier runs of the job included.

    The best weights are home already: an epoch that cannot be had any more, because its site is gone or has cleaned
    up, is told and does not keep the job from being done.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        report: Of the run that finished it; it names them all.

    Returns:
        None while some are under way; else which are missing and why, empty if none is.
    """
    by_run = groupby(sorted(report.epoch_models, key=_run_of), _run_of)
    troubles = [_bring(desk, job, run_id, [_parcel(job, model) for model in models]) for run_id, models in by_run]
    if None in troubles:
        return None
    return " ".join(trouble for trouble in troubles if trouble)


def fetch_meanwhile(desk: Desk, job: JobRow, run: RunRow, news: Sequence[Progress]) -> None:
    """Brings the models of epochs home while the training goes on, one transfer after another.

    Whatever goes wrong here, or is forgotten when another driver takes over, is made up for at the end.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        run: Which is computed.
        news: What is new of it.
    """
    told = desk.epochs.setdefault(run.id, [])
    told += [line.model for line in news if line.model]
    if told:
        with suppress(ArmariusError):
            _take_further(desk, job, run, told)


def _take_further(desk: Desk, job: JobRow, run: RunRow, told: list[EpochModel]) -> None:
    """Begins the next transfer when the one before has ended; after one that failed, waits for the end."""
    staging, transfer = desk.link(run.site).staging, _meanwhile(run.id)
    view = staging.status(transfer)
    if view.state is TransferState.ACTIVE:
        return
    staging.cancel(transfer)  # forgotten, so that the next can begin under its name
    told[:] = [model for model in told if not _parcel(job, model).is_here()]
    if view.state is TransferState.FAILED:
        told.clear()
    elif told:
        staging.fetch(transfer, [_parcel(job, model) for model in told])


def forget_epochs(desk: Desk, job: JobRow) -> None:
    """Ends what is under way of it."""
    for run in job.runs:
        if desk.knows(run.site):
            for transfer in (_transfer(run.id), _meanwhile(run.id)):
                desk.link(run.site).staging.cancel(transfer)


def _bring(desk: Desk, job: JobRow, run_id: str, parcels: list[Parcel]) -> str | None:
    """Returns None while the files of one run are under way, else why some will not come, empty if all are here."""
    site = next((run.site for run in job.runs if run.id == run_id), "its site")
    link = desk.link(site) if desk.knows(site) else None
    view = watch_transfer(desk, link, _transfer(run_id)) if link else TransferView(TransferState.UNKNOWN)
    during = link.staging.status(_meanwhile(run_id)) if link else view
    if TransferState.ACTIVE in (view.state, during.state):
        return None
    missing = [parcel for parcel in parcels if not parcel.is_here()]  # reads them all: not while some are under way
    if not missing:
        return ""
    if link is None:
        return _trouble(missing, f"{site} is configured no more.")
    if may_begin(view):
        link.staging.cancel(_meanwhile(run_id))
        link.staging.fetch(_transfer(run_id), missing)
        return None
    return _trouble(missing, why_given_up(view) or "They arrived, and are not there any more.")


def _trouble(parcels: list[Parcel], why: str) -> str:
    named = ", ".join(parcel.here.name for parcel in parcels[:3]) + (", …" if len(parcels) > 3 else "")
    return f"Without {named}: {why}"


def _parcel(job: JobRow, model: EpochModel) -> Parcel:
    return Parcel(
        here=epoch_model(job.request, model),
        there=f"runs/{model.run_id}/{model.path}",
        sha256=model.sha256,
        size=model.size,
    )


def _run_of(model: EpochModel) -> str:
    return model.run_id


def _transfer(run_id: str) -> str:
    return f"{run_id}-epochs"


def _meanwhile(run_id: str) -> str:
    return f"{run_id}-meanwhile"
