import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from armarius.client.cli import main
from armarius.client.config import PoolConfig
from armarius.client.jobs.request import DataPolicy
from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome, RecognitionParameters
from support.desk import MODEL
from support.several import Several, last, queue, several


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Several]:
    monkeypatch.setenv("COLUMNS", "250")
    sites = {
        "alpha": {"tags": ("eu",), "walltimes": ("8h",)},
        "beta": {"tags": ("eu",)},
        "gamma": {},
        "delta": {"tags": ("eu",), "drained": True},
    }
    with several(tmp_path, **sites) as ready:
        config = PoolConfig(journal="unused", home=tmp_path, sites=tuple(ready.configs.values()))
        opened = classmethod(lambda _cls, folder=None: Pool(config, ready.desk()))
        monkeypatch.setattr(Pool, "from_config", opened)
        ready.fakes["alpha"].queue = queue(3600.0)
        ready.create(policy=DataPolicy(tags=("eu",)), parameters=RecognitionParameters(quit="fixed", epochs=1))
        yield ready


def armarius(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments, prog_name="armarius")
    assert result.exit_code == 0, result.output
    return result


def test_every_sites_sum_or_the_rule_that_excluded_it(made: Several) -> None:
    made.until(JobState.PLACED)
    made.fakes["beta"].reachable = False
    made.clock.pass_(90)
    said = armarius("explain", "job1").stdout
    then, _, now = said.partition("\nnow: ")
    assert "run job1-1" in then and ": beta (done in about" in then
    assert "gamma" in then and "lacks what the data asks for: eu" in then
    assert "delta" in then and "is drained" in then
    assert "1 h" in then, "what the queue of alpha says"
    assert "a guess" in then
    assert now.startswith("alpha")
    assert "has not answered for 0.0 s" in now


def test_programs_get_all_of_it(made: Several) -> None:
    made.until(JobState.PLACED)
    then, now = json.loads(armarius("explain", "job1", "--json").stdout)
    assert (then["run"], then["chosen"], now["run"]) == ("job1-1", "beta", None)
    sums = {each["site"]: each["sum"] for each in then["verdicts"]}
    assert sums["gamma"] is sums["delta"] is None
    for total in (sums["alpha"], sums["beta"]):
        assert total["finish"] == pytest.approx(total["staging"] + total["wait"] + total["work"])
    assert sums["alpha"]["queue"] == 3600
    assert [each["site"] for each in then["verdicts"]] == ["alpha", "beta", "gamma", "delta"]


def test_a_job_that_waits_says_what_it_waits_for(made: Several) -> None:
    for name in ("alpha", "beta"):
        made.fakes[name].reachable = False
    made.until(JobState.WAITING, most=1)
    said = armarius("explain", "job1").stdout
    assert said.startswith("now: no site takes it")
    assert said.count("has not answered") == 2


def test_a_job_that_is_done_is_explained_as_it_was(made: Several) -> None:
    job = made.until(JobState.CALIBRATING)
    made.fakes["beta"].end(last(job).id, Outcome.FINISHED, models=(MODEL,))
    made.until(JobState.DONE)
    calls = list(made.fakes["alpha"].calls)
    said = armarius("explain", "job1").stdout
    assert "run job1-1" in said
    assert "now" not in said
    assert made.fakes["alpha"].calls == calls, "no site is asked for it"


def test_nothing_is_changed_by_asking(made: Several) -> None:
    made.until(JobState.PLACED)
    before = made.journal.job("job1")
    armarius("explain", "job1")
    after = made.journal.job("job1")
    assert (len(after.runs), len(after.events), after.state) == (1, len(before.events), before.state)
