from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist

from armarius.client.accounts.names import Account
from armarius.client.escriptorium.host.accounts import account_of
from support.escriptorium import Instance

INSTITUTIONS = {"Chartes": "École des chartes", "ephe.psl.eu": "EPHE"}


@pytest.fixture
def project(here: Instance) -> Any:
    made = here.models.Project.objects.create(name="Poilus\n des  archives")
    here.document.project = made
    here.document.save()
    return made


def test_the_user_and_the_project_of_the_document(here: Instance, project: Any) -> None:
    assert account_of(here.user, [here.part(1).pk], {}) == Account("guigo", "Poilus des archives", "")


def test_what_is_not_known_stays_empty(here: Instance) -> None:
    assert account_of(None, [], INSTITUTIONS) == Account()
    assert account_of(here.user, [here.part(1).pk], INSTITUTIONS) == Account("guigo", "", "")


def test_an_institution_by_address_or_by_team(here: Instance) -> None:
    from django.contrib.auth.models import Group

    here.user.email = "guigo@EPHE.psl.eu"
    here.user.save()
    assert account_of(here.user, [], INSTITUTIONS).institution == "EPHE"
    here.user.groups.add(Group.objects.create(name="Chartes"))
    assert account_of(here.user, [], INSTITUTIONS).institution == "École des chartes"


def test_an_older_escriptorium_has_no_projects(here: Instance, project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> Any:
        raise FieldDoesNotExist(name)

    part = here.part(1)
    monkeypatch.setattr(here.models.Document._meta, "get_field", lacking)
    assert account_of(here.user, [part.pk], {}) == Account("guigo", "", "")
