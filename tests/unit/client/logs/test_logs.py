"""Every line bears what it is about, in both forms, and none bears a secret."""

import json
import logging
from typing import Any

import pytest

from armarius.client.errors import ConfigurationError, SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.logs import bound
from armarius.client.logs.context import Bearing
from armarius.client.logs.discretion import HIDDEN, discreet
from armarius.client.logs.setup import FORMAT_VARIABLE, LEVEL_VARIABLE, logged
from armarius.client.logs.telling import tell
from armarius.functions.contracts import Outcome, Reason
from support.desk import MODEL, Bench

LIBRARY = logging.getLogger("a.library")
OURS = logging.getLogger("armarius.client.adapters.any")


class Err:
    """What goes to standard error."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured, self._so_far = captured, ""

    @property
    def text(self) -> str:
        self._so_far += self._captured.readouterr().err
        return self._so_far

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def err(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Err:
    for variable in (LEVEL_VARIABLE, FORMAT_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    return Err(capsys)


def test_a_line_for_machines(err: Err) -> None:
    with logged("info", "json"), bound(job="job1", run="job1-1", site="alpha"):
        OURS.info("it is %s", "so")
    (line,) = err.lines()
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": OURS.name,
        "message": "it is so",
        "job": "job1",
        "run": "job1-1",
        "site": "alpha",
    }


def test_a_line_for_people(err: Err) -> None:
    with logged("info", "text"):
        with bound(job="job1", site="alpha"), bound(run="job1-1", site=""):
            OURS.info("it is so")
        OURS.info("nothing in particular")
    first, second = err.text.splitlines()
    assert first.endswith("INFO    armarius.client.adapters.any: it is so  [job=job1 run=job1-1 site=alpha]")
    assert second.endswith("nothing in particular")


def test_all_that_is_logged_while_a_job_is_advanced_bears_its_ids(made: Bench, err: Err) -> None:
    """Also by what knows of no jobs, such as an adapter or a library."""
    submit = made.site.submit

    def chatty(*arguments: object) -> str:
        LIBRARY.warning("the line is slow")
        return submit(*arguments)

    made.site.submit = chatty
    made.create()
    with logged("info", "json"):
        made.until(JobState.CALIBRATING)
        LIBRARY.warning("nobody's")
    slow, nobodys = (line for line in err.lines() if line["logger"] == LIBRARY.name)
    assert (slow["job"], slow["run"], slow["site"]) == ("job1", "job1-1", "alpha")
    assert "job" not in nobodys


def test_what_happens_to_a_job_is_logged(made: Bench, err: Err) -> None:
    made.journal.witnesses.add(tell)
    made.journal.witnesses.add(tell)
    with logged("info", "json"):
        made.create()
        made.until(JobState.CALIBRATING)
        made.site.end("job1-1", Outcome.FAILED, Reason.BAD_DATA, message="No line is left.")
        made.until(JobState.FAILED)
    told = [line for line in err.lines() if "event" in line]
    assert {line["job"] for line in told} == {"job1"}
    assert [line["event"] for line in told if line["event"] != "Moved"] == ["Opened", "HandedOver", "Ended"]
    (end,) = [line for line in told if line["event"] == "Ended"]
    assert (end["outcome"], end["reason"], end["site"], end["seconds"]) == ("failed", "bad_data", "alpha", 1.0)
    assert end["message"] == "the run is failed (bad_data, No line is left.) after 1.0 s"
    assert [line["state"] for line in told if line["event"] == "Moved"][-1] == "failed"


def test_warnings_alone_unless_somebody_wants_more(made: Bench, err: Err) -> None:
    made.journal.witnesses.add(tell)
    with logged(None, "text"):
        made.create()
        made.until(JobState.CALIBRATING)
        OURS.warning("beware")
    assert len(err.text.splitlines()) == 1


def test_libraries_never_say_more_than_warnings(err: Err) -> None:
    with logged("debug", "text"):
        LIBRARY.info("what was sent in the request")
    assert err.text == ""


def test_the_environment_chooses_too(err: Err, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LEVEL_VARIABLE, "INFO")
    monkeypatch.setenv(FORMAT_VARIABLE, "json")
    with logged():
        OURS.info("it is so")
    assert err.lines()[0]["message"] == "it is so"
    monkeypatch.setenv(FORMAT_VARIABLE, "xml")
    with pytest.raises(ConfigurationError, match="'xml' is none of text, json"), logged():
        pass


def test_where_somebody_else_logs_and_nothing_is_chosen_that_stays(err: Err) -> None:
    before = list(logging.getLogger().handlers)
    assert before, "pytest's"
    with logged():
        assert logging.getLogger().handlers == before
    with logged("error"):
        assert len(logging.getLogger().handlers) == len(before) + 1
    assert logging.getLogger().handlers == before


SECRET = 'gold"bug-7f3a'


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_of_the_environment_is_logged(form: str, err: Err, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMARIUS_ALPHA_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("ARMARIUS_TOKEN_KEYS", "first-key-of-two,second-key-of-two")
    with logged("info", form):
        OURS.info("sent %s", {"client": SECRET})
        OURS.warning("with %s", "second-key-of-two", extra={"sent": SECRET})
        try:
            raise SiteUnreachable(f"refused: {SECRET}")
        except SiteUnreachable:
            OURS.exception("it failed")
    told = err.text
    assert SECRET not in told
    assert json.dumps(SECRET)[1:-1] not in told
    assert "key-of-two" not in told
    assert HIDDEN in told
    if form == "json":
        assert len(err.lines()) == 3, "and it is JSON still"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("postgresql+psycopg://anna:hidden-word@host/name", f"postgresql+psycopg://anna:{HIDDEN}@host/name"),
        ("Authorization: Bearer AgX91.kk_2-3=", f"Authorization: Bearer {HIDDEN}"),
        ("{'Authorization': 'Token AgX91kk23'}", f"{{'Authorization': 'Token {HIDDEN}'}}"),
        ("{'access_token': 'abc', 'scope': 'all'}", f"{{'access_token': '{HIDDEN}', 'scope': 'all'}}"),
        ("refresh_token=abc&x=1", f"refresh_token={HIDDEN}&x=1"),
        ("no tokens were left, and https://host/path is fine", "no tokens were left, and https://host/path is fine"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(said: str, shown: str) -> None:
    assert discreet(said) == shown


def test_short_values_hide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_TOKENS", "true")
    assert discreet("it is true") == "it is true"


def test_what_a_line_says_of_itself_counts(err: Err) -> None:
    record = logging.makeLogRecord({"site": "beta"})
    with bound(site="alpha"):
        Bearing().filter(record)
    assert record.site == "beta"


def test_ids_are_unbound_when_a_step_fails(made: Bench, err: Err) -> None:
    made.create()
    made.until(JobState.CALIBRATING)
    made.site.reachable = False
    with pytest.raises(SiteUnreachable):
        advance(made.desk(), "job1")
    with logged("info", "json"):
        OURS.info("after it")
    assert "job" not in err.lines()[0]


def test_results_come_home_with_logs_on(made: Bench, err: Err) -> None:
    made.journal.witnesses.add(tell)
    made.create()
    with logged("debug", "text"):
        made.until(JobState.CALIBRATING)
        made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,))
        made.until(JobState.DONE)
    assert "the run is finished after 1.0 s  [job=job1 run=job1-1 site=alpha]" in err.text
