"""What errors mean."""

import json

import pytest
import requests
from globus_compute_sdk.errors import TaskExecutionFailed, VersionMismatch
from globus_sdk import AuthAPIError, GlobusAPIError, NetworkError
from globus_sdk.token_storage import TokenValidationError
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.adapters.globus.compute.troubles import of_endpoint, trouble
from armarius.client.adapters.globus.compute.words import MOST_CHARACTERS, gist
from armarius.client.errors import ConfigurationError, SignInNeeded, SiteRefused, SiteUnreachable
from armarius.functions.contracts import ArmariusError

SCHEMA = """\
Unable to start user endpoint process for htr [exit code: 73; (ValidationError) 'odd' is not one of ['cpu4']

Failed validating 'enum' in schema['properties']['shape']:
    {'enum': ['cpu4']}

On instance['shape']:
    'odd']"""
UNMAPPED = "Identity failed to map to a local user name.  (LookupError) \n  Globus effective identity: 1-2-3"
WORKER_LOST = """\
Traceback (most recent call last):
  File "/env/parsl/executors/high_throughput/executor.py", line 70, in _queue_management_worker
    raise error
parsl.executors.high_throughput.errors.WorkerLost: Task failure due to loss of worker 0 on host node7
"""
NO_ARMARIUS = """\
Traceback (most recent call last):
  File "<string>", line 3, in progress
ModuleNotFoundError: No module named 'armarius'
"""
STALE = """\
Traceback (most recent call last):
  File "/site/armarius/functions/rundir.py", line 90, in read_progress
OSError: [Errno 116] Stale file handle
"""


def api_error(
    status: int, code: str = "X", kind: type[GlobusAPIError] = GlobusAPIError, message: str = ""
) -> GlobusAPIError:
    response = requests.Response()
    response.status_code = status
    response.headers["Content-Type"] = "application/json"
    message = message or f"what the service says of {code}"
    response._content = json.dumps({"code": code, "message": message}).encode()
    response.request = requests.Request("POST", "https://compute.example/v3/submit").prepare()
    return kind(response)


@pytest.mark.parametrize(
    ("status", "code", "kind", "hint"),
    [
        (400, "SCHEMA_INVALID", SiteRefused, ""),
        (403, "FUNCTION_NOT_PERMITTED", SiteRefused, "armarius endpoint register"),
        (403, "FUNCTION_ACCESS_FORBIDDEN", SiteRefused, "armarius endpoint register"),
        (404, "FUNCTION_NOT_FOUND", SiteRefused, "armarius endpoint register"),
        (403, "ENDPOINT_ACCESS_FORBIDDEN", SiteRefused, "armarius whoami"),
        (404, "ENDPOINT_NOT_FOUND", SiteRefused, "site file"),
        (413, "PAYLOAD_TOO_LARGE", SiteRefused, ""),
        (423, "ENDPOINT_LOCKED", SiteRefused, "locked"),
        (401, "AUTHENTICATION_ERROR", SignInNeeded, "armarius login"),
        (409, "ENDPOINT_NOT_ONLINE", SiteUnreachable, "offline"),
        (409, "RESOURCE_CONFLICT", SiteUnreachable, "did not serve lab"),
        (429, "TOO_MANY", SiteUnreachable, ""),
        (500, "INTERNAL", SiteUnreachable, ""),
        (502, "BAD_GATEWAY", SiteUnreachable, ""),
        (503, "AWAY", SiteUnreachable, ""),
    ],
)
def test_answers_of_the_service(status: int, code: str, kind: type[ArmariusError], hint: str) -> None:
    meant = trouble(api_error(status, code), "lab")
    assert type(meant) is kind
    assert meant.transient is not (kind is SiteRefused)
    assert hint in str(meant)
    assert f"what the service says of {code}" in str(meant)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (SCHEMA, SiteRefused, "'odd' is not one of ['cpu4']"),
        ("Another instance of this endpoint is running.", SiteUnreachable, "Another instance"),
        ("tasks: field required", SiteRefused, "Globus refuses"),
    ],
)
def test_why_no_user_endpoint_was_started_as_the_service_passes_it_on(
    text: str, kind: type[ArmariusError], said: str
) -> None:
    error = api_error(422, "SEMANTICALLY_INVALID", message=f"Request payload failed validation: {text}")
    meant = trouble(error, "lab")
    assert type(meant) is kind
    assert said in str(meant)


def test_a_secret_that_is_refused_asks_for_a_sign_in() -> None:
    assert isinstance(trouble(api_error(400, "invalid_grant", AuthAPIError), "lab"), SignInNeeded)


def test_a_policy_that_asks_for_a_new_session_asks_for_a_sign_in() -> None:
    error = api_error(403)
    error._dict_data["authorization_parameters"] = {"session_message": "again", "session_required_mfa": True}
    assert isinstance(trouble(error, "lab"), SignInNeeded)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (SCHEMA, SiteRefused, "does not take these settings: Unable to start"),
        (SCHEMA, SiteRefused, "'odd' is not one of ['cpu4']"),
        (UNMAPPED, SiteRefused, "armarius whoami"),
        ("Ignoring start request for untrusted identity.\n  Globus username: x", SiteRefused, "armarius whoami"),
        ("Function 1 not permitted on endpoint 2", SiteRefused, "armarius endpoint register"),
        (NO_ARMARIUS, SiteRefused, "lacks Armarius"),
        ("MaxResultSizeExceeded(11, 10)", SiteRefused, "MaxResultSizeExceeded"),
        ("Traceback (most recent call last):\nZeroDivisionError\n", SiteRefused, "ZeroDivisionError"),
        (WORKER_LOST, SiteUnreachable, "loss of worker 0 on host node7 (executor.py, line 70)"),
        (STALE, SiteUnreachable, "Stale file handle (rundir.py, line 90)"),
        ("Another instance of this endpoint is running.  (Perhaps on", SiteUnreachable, "Another instance"),
        ("Ignoring command from server\nCommand too old or skew", SiteUnreachable, "too old or skew"),
        ("Unable to start user endpoint process for x [exit code: 71; (OSError) x]", SiteUnreachable, "exit code: 71"),
    ],
)
def test_texts_of_endpoints(text: str, kind: type[ArmariusError], said: str) -> None:
    for meant in (of_endpoint(text, "lab"), trouble(TaskExecutionFailed(text), "lab")):
        assert type(meant) is kind
        assert "lab" in meant.message
        assert said in str(meant)
        assert "\n" not in str(meant)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NetworkError("no route to host", OSError()), SiteUnreachable),
        (ConnectionResetError("reset"), SiteUnreachable),
        (Exception("whatever the SDK's thread raises"), SiteUnreachable),
        (TokenValidationError("expired"), SignInNeeded),
        (VersionMismatch("SDK 4.19 is too old"), ConfigurationError),
        (SiteRefused("ours already"), SiteRefused),
    ],
)
def test_other_errors(error: Exception, kind: type[ArmariusError]) -> None:
    assert type(trouble(error, "lab")) is kind


@given(st.text())
def test_a_message_is_one_short_line_whatever_it_was(text: str) -> None:
    said = gist(text)
    assert len(said.splitlines()) <= 1
    assert len(said) <= 2 * MOST_CHARACTERS


@given(st.lists(st.text(max_size=80)), st.text(max_size=5000))
def test_so_is_a_traceback(frames: list[str], message: str) -> None:
    text = "\n".join(
        ["Traceback (most recent call last):", *(f"  {frame}" for frame in frames), f"ValueError: {message}"]
    )
    said = gist(text)
    assert len(said.splitlines()) <= 1
    assert len(said) <= 2 * MOST_CHARACTERS


def test_a_long_word_is_cut_rather_than_lost() -> None:
    assert gist("x" * 10_000).startswith("xxx")


def test_the_last_of_several_exceptions_counts() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/a/first.py", line 1, in f\nKeyError: 1\n\n'
        "During handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "/a/second.py", line 22, in g\nsome.module.Broken: two\nlines\n'
    )
    assert gist(text) == "some.module.Broken: two lines (second.py, line 22)"
