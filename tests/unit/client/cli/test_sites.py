import json

import pytest

from armarius.client.trial import Step, Trial
from armarius.functions.contracts import QueueReport, WaitEstimate
from support.desk import Bench

from .conftest import Armarius


def test_sites_lists_what_each_says_of_itself(armarius: Armarius, made: Bench) -> None:
    shown = armarius("sites").stdout
    assert "alpha" in shown
    assert "1000.0 GB" in shown
    (site,) = json.loads(armarius("sites", "--json").stdout)
    assert (site["state"], site["shapes"], site["kraken"]) == ("open", ["small"], "7")


def test_sites_tells_when_a_job_of_each_shape_would_start(armarius: Armarius, made: Bench) -> None:
    waits = [("small", "8h", 7200.0, ""), ("small", "30m", 90.0, ""), ("huge", "30m", None, "no such node")]
    made.site.queue = QueueReport(
        free={"small": 0},
        waits=tuple(WaitEstimate(shape=a, walltime=b, seconds=c, refusal=d) for a, b, c, d in waits),
        trouble="3 estimates are missing.",
    )
    shown = armarius("sites")
    assert "small 1 min 30 s" in shown.stdout
    assert "huge" not in shown.stdout, "it would never start"
    assert "alpha: 3 estimates are missing." in shown.stderr
    (site,) = json.loads(armarius("sites", "--json").stdout)
    assert site["queue"]["waits"][2]["refusal"] == "no such node"
    assert site["contents"]["whole"]


def test_a_site_that_does_not_answer_is_listed_with_the_reason(armarius: Armarius, made: Bench) -> None:
    made.site.reachable = False
    result = armarius("sites")
    assert "no answer" in result.stdout
    assert "alpha: The fake site does not answer." in result.stderr


def test_check_tells_each_step_and_fails_with_the_last(armarius: Armarius, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [Step("answers", "host7", True, 0.1), Step("gets files", "Full.", False, 2.0)]
    monkeypatch.setattr(Trial, "steps", lambda _self, job: iter(steps))
    result = armarius("site", "check", "alpha", code=1)
    assert "ok     answers      host7  (0.1 s)" in result.stdout
    assert "failed gets files   Full.  (2.0 s)" in result.stdout
    told = json.loads(armarius("site", "check", "alpha", "--json", code=1).stdout)
    assert [step["good"] for step in told] == [True, False]


def test_an_unknown_site_is_refused(armarius: Armarius) -> None:
    assert "There is no site 'beta'." in armarius("site", "check", "beta", code=1).stderr
