"""The page that tells admins who used what where, rendered as Django does."""

import csv
import io
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory, override_settings

from armarius.client.escriptorium.pages import usage as page
from armarius.client.escriptorium.pages.doors import staff_only
from support.accounts import used
from support.desk import Bench

TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
NOW = 1_760_000_000.0
"""2025-10-09."""


def get(made: Bench, staff: bool = True, **query: str) -> Any:
    request = RequestFactory().get("/", query)
    request.user = SimpleNamespace(is_staff=staff, is_authenticated=True)
    with (
        override_settings(TEMPLATES=TEMPLATES),
        patch.object(page, "desk", lambda: SimpleNamespace(journal=made.journal)),
        patch.object(page.time, "time", lambda: NOW),
    ):
        return staff_only(page.usage)(request)


@pytest.fixture(autouse=True)
def some_jobs(made: Bench, here: Any) -> None:
    used(made.journal, NOW, 2, user="anna", project="poilus")
    used(made.journal, NOW - 10 * 86_400, 1, user="<b>ben</b>", project="poilus")
    used(made.journal, NOW - 100 * 86_400, 50, user="carl")


def test_the_last_thirty_days_by_user(made: Bench) -> None:
    shown = get(made).content.decode()
    assert "anna" in shown
    assert "carl" not in shown
    assert "&lt;b&gt;ben&lt;/b&gt;" in shown
    assert "<b>ben" not in shown
    assert 'value="2025-09-09"' in shown
    assert 'value="2025-10-09"' in shown
    assert "3.00" in shown


def test_another_time_and_another_way(made: Bench) -> None:
    shown = get(made, by="project", since="2025-06-01", until="2025-08-01").content.decode()
    assert "50.00" in shown
    assert "poilus" not in shown
    assert '<option value="project" selected>' in shown
    assert "Nothing was computed" in get(made, since="2024-01-01", until="2024-02-01").content.decode()


def test_as_csv(made: Bench) -> None:
    answer = get(made, by="project", format="csv")
    assert answer["Content-Disposition"] == 'attachment; filename="usage-by-project.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["project"], row["gpu_hours"]) == ("poilus", "3.0")


@pytest.mark.parametrize("query", [{"since": "soon"}, {"by": "password"}, {"until": "2025-13-01"}])
def test_what_cannot_be_read_is_said_and_left_out(made: Bench, query: dict[str, str]) -> None:
    shown = get(made, **query).content.decode()
    assert "anna" in shown
    assert ("is no day" in shown) is ("by" not in query)


def test_only_admins_see_it(made: Bench) -> None:
    with pytest.raises(PermissionDenied):
        get(made, staff=False)
