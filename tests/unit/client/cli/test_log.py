import json

from armarius.client.jobs.state import JobState
from armarius.functions.contracts import Outcome
from support.desk import MODEL, Bench

from .conftest import Armarius


def test_what_happened_when_where_and_why(armarius: Armarius, made: Bench) -> None:
    made.create()
    made.until(JobState.CALIBRATING)
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,))
    made.until(JobState.DONE)
    lines = armarius("log", "job1").stdout.splitlines()
    assert lines[0].split() == ["time", "what", "where", "run", "why"]
    assert any("placed" in line and "alpha" in line and "shape small" in line for line in lines)
    assert "done" in lines[-1]
    entries = json.loads(armarius("log", "job1", "--json").stdout)
    assert entries[0]["what"] == "written down"
    assert {entry["run"] for entry in entries} == {"", "job1-1"}
