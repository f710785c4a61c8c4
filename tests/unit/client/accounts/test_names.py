import os
import pwd

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from armarius.client.accounts.names import AccountName, fitting, login_name
from armarius.client.jobs.request import JobRequest
from support.jobs import request

NAME = TypeAdapter(AccountName)


@pytest.mark.parametrize("name", ["", "anna", "Ecole nationale des chartes", "projet “ſ” 🖋", "a" * 80])
def test_names_that_are_good(name: str) -> None:
    assert NAME.validate_python(name) == name == fitting(name)


@pytest.mark.parametrize("name", ["*", "a" * 81, " anna", "an\nna", "an\x00na", "\u202eanna", "an\tna", "\ud800"])
def test_names_that_are_not(name: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(name)
    NAME.validate_python(fitting(name))


@given(st.text())
def test_whatever_somebody_is_called_elsewhere_becomes_a_name(text: str) -> None:
    assert NAME.validate_python(fitting(text)) == fitting(text) == fitting(fitting(text))


def test_the_user_is_not_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    assert login_name() == pwd.getpwuid(os.getuid()).pw_name


def test_a_request_from_before_names_were_written_down_can_be_read() -> None:
    old = request().model_dump(mode="json")
    for field in ("user", "project", "institution", "priority"):
        del old[field]
    read = JobRequest.model_validate(old)
    assert (read.user, read.project, read.institution, read.priority) == ("", "", "", 0)
