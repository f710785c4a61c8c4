"""From a training that was asked for to a job of the pool."""

import shutil
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from armarius.client.escriptorium.data.gathering import gather, start_for
from armarius.client.escriptorium.data.wanted import Wanted, wanted
from armarius.client.escriptorium.host import events, people, reports, shelf
from armarius.client.escriptorium.host.accounts import account_of
from armarius.client.escriptorium.host.confinement import projects_of
from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.life.confining import tags_now
from armarius.client.escriptorium.life.identity import identity_for
from armarius.client.escriptorium.life.office import Office, room_of
from armarius.client.escriptorium.record import Phase, TrainingRow
from armarius.client.pages import PackedDataset
from armarius.client.prepare import Start
from armarius.functions.contracts import BadInput

IMAGES = "images"
RESULTS = "results"
PACKED_PERCENT = 50
"""How much of the bar is filled when all pages are packed; sending them fills the rest."""


def begin(office: Office, row: TrainingRow) -> None:
    """Tells everybody that a training has begun.

    Raises:
        BadInput: What it is about is not there any more, or its user may not do it (now).
    """
    asked = wanted(row.task, row.arguments_json)
    model, user = _model(row), people.find_user(row.user)
    people.check_may_train(user)
    people.check_quotas(user)
    reports.put_back(row.task_id)
    reports.run_on(row.task_id)
    reports.refer_to_first(row.task_id)
    before = {"training_accuracy": model.accuracy, "training_epoch": model.epoch}
    office.ledger.note(row.id, phase=Phase.GATHERING, room=asked.room.name, room_pk=asked.room.pk, before_json=before)
    shelf.set_training(row.model, True)
    events.start(asked.room, row.model)
    reports.say(row.task_id, [words.begun(model.name, office.now())])


@dataclass(frozen=True)
class Gathered:
    """All that a job needs."""

    packed: PackedDataset
    start: Start


def gather_all(office: Office, row: TrainingRow) -> Gathered:
    """Packs the pages of a training. This takes its time, so it has a thread of its own.

    Raises:
        ArmariusError: They cannot be used.
    """
    asked = wanted(row.task, row.arguments_json)
    told = -1

    def on_page(done: int, total: int) -> None:
        nonlocal told
        percent = PACKED_PERCENT * done // total
        if percent != told and (room := room_of(row)) is not None:
            told = percent
            events.gathering(room, row.model, percent)

    packed = gather(asked, office.folder(row) / IMAGES, on_page)
    chosen = office.options.recognition if asked.recognition else office.options.segmentation
    return Gathered(packed, start_for(asked, packed, _model(row).file, chosen, _line_offset(asked)))


def hand_over(office: Office, row: TrainingRow, gathered: Gathered) -> None:
    """Makes a job of the training; done twice, it is one job."""
    model = _model(row)
    suffix = shelf.format_here(office.options.model_format)
    if office.job(row) is None:
        results = office.folder(row) / RESULTS
        shutil.rmtree(results, ignore_errors=True)  # of an attempt that was cut off
        office.pool.train_packed(
            gathered.packed,
            gathered.start,
            job_id=row.id,
            name=slugify(model.name)[:60] or f"model-{row.model}",
            output=results,
            site=office.options.site,
            calibration=office.options.calibration,
            epoch_models=suffix,
            **_account(office, row),
            only_tags=tags_now(office, row),
            identity=identity_for(office, row.user),
        )
    home = shelf.choose_home(row.model, suffix)
    office.ledger.note(row.id, phase=Phase.RUNNING, home=home.path, versions=home.versions, gathered=PACKED_PERCENT)
    reports.say(row.task_id, [words.at(office.now(), line) for line in words.gathered(gathered.packed)])


def _account(office: Office, row: TrainingRow) -> dict[str, Any]:
    """Returns whose the training and its pages are; where no institution is known, it is the pool's own."""
    asked = wanted(row.task, row.arguments_json)
    account = account_of(people.find_user(row.user), asked.parts, office.options.institutions)
    institution = {"institution": account.institution} if account.institution else {}
    further = tuple(name for name in projects_of(asked.parts) if name != account.project)
    return {"user": account.user, "project": account.project, "data_of": further, **institution}


def _model(row: TrainingRow) -> shelf.Shelved:
    model = shelf.look_up(row.model)
    if model is None:
        raise BadInput("The model is not there any more.")
    return model


def _line_offset(asked: Wanted) -> int:
    """Returns where the baselines run; of pages of several documents, the first counts, as with eScriptorium."""
    part = table("DocumentPart").objects.filter(pk__in=asked.parts[:1])
    return int(part.values_list("document__line_offset", flat=True).first() or 0)
