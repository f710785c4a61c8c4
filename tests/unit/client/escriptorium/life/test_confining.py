"""Pages go where their project and their documents' tags let them, also where that is decided later."""

from collections.abc import Iterator
from typing import Any

import pytest

from armarius.client.escriptorium.life.confining import AGAIN_SECONDS
from armarius.client.escriptorium.record import Asked, Phase, TrainingRow
from armarius.client.jobs.state import JobState
from support import escriptorium
from support.desk import Bench
from support.escriptorium import Instance
from support.escriptorium_life import Life


@pytest.fixture
def office(here: Instance, made: Bench) -> Iterator[Any]:
    made.config = made.config.model_copy(update={"tags": ("eu",)})
    chosen = {"project_tags": {"fondue": ("eu",)}, "document_tags": {"secret": ("own",)}}
    with escriptorium.office(made, **chosen) as opened:
        yield opened


def belongs(life: Life, project: str) -> None:
    life.here.document.project = life.here.models.Project.objects.create(name=project)
    life.here.document.save()


def is_secret(life: Life) -> None:
    life.here.document.tags.add(life.here.models.DocumentTag.objects.create(name="Secret"))


def test_the_project_of_the_document_decides(life: Life) -> None:
    belongs(life, "Fondue")
    asked = life.ask()
    life.until_computing(asked)
    request = life.job(asked).request
    assert (request.project, request.data_of, request.policy.tags) == ("Fondue", (), ("eu",))


def ended(life: Life, asked: Asked) -> TrainingRow:
    for _ in range(6):
        life.clerk.look()
    row = life.row(asked)
    assert (row.phase, life.office.job(row)) == (Phase.ENDED, None)
    return row


def test_a_tag_that_no_site_bears_ends_the_training_with_the_reason(life: Life) -> None:
    is_secret(life)
    asked = life.ask()
    row = ended(life, asked)
    assert "No site bears the tag 'own'" in row.outcome


def test_a_document_that_is_tagged_later_keeps_its_pages_from_the_next_run(life: Life) -> None:
    asked = life.ask()
    for _ in range(5):  # it becomes a job, which nobody drives yet
        life.clerk.look()
    assert life.job(asked).request.policy.tags == ()
    is_secret(life)
    life.made.clock.pass_(AGAIN_SECONDS)
    life.step(6)
    job = life.job(asked)
    assert job.request.policy.tags == ("own",)
    assert job.state is JobState.WAITING
    assert life.made.site.runs == {} and life.made.staging.sent == []
    assert sum("goes only to sites that bear: own" in event.message for event in job.events) == 1
