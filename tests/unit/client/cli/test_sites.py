import json
from typing import Any

import pytest

from armarius.client.jobs.state import JobState
from armarius.client.placement.standing import _kept
from armarius.client.trial import Step, Trial
from armarius.functions.contracts import Cache, Phase, Progress, QueueReport, WaitEstimate
from support.desk import Bench

from .conftest import Armarius


def listed(armarius: Armarius) -> dict[str, Any]:
    (site,) = json.loads(armarius("sites", "--json").stdout)
    return dict(site)


def test_sites_lists_how_each_is(armarius: Armarius, made: Bench) -> None:
    shown = armarius("sites").stdout
    for said in ("alpha", "local, kraken 7", "online", "small 1", "0 run, 0 wait", "nothing yet", "1000.0 GB free"):
        assert said in shown
    assert "0.0 s ago" in shown
    site = listed(armarius)
    assert (site["state"], site["shapes"], site["kraken"], site["free"]) == ("online", ["small"], "7", {"small": 1})
    assert site["heard"] == made.clock.now()
    assert made.site.calls == ["probe", "probe"], "whoever looks wants to know how it is now"


def test_when_a_job_of_each_shape_would_start(armarius: Armarius, made: Bench) -> None:
    waits = [("small", "8h", 7200.0, ""), ("small", "30m", 90.0, ""), ("huge", "30m", None, "no such node")]
    made.site.queue = QueueReport(
        free={"small": 0},
        waits=tuple(WaitEstimate(shape=a, walltime=b, seconds=c, refusal=d) for a, b, c, d in waits),
        trouble="3 estimates are missing.",
    )
    shown = armarius("sites")
    assert "small in 1 min 30 s" in shown.stdout
    assert "huge" not in shown.stdout, "it would never start"
    assert "alpha: 3 estimates are missing." in shown.stderr
    assert listed(armarius)["starts_in"] == {"small": 90.0}


def test_what_it_computes_and_how_fast(armarius: Armarius, made: Bench) -> None:
    made.create()
    made.until(JobState.CALIBRATING)
    site = listed(armarius)
    assert (site["state"], site["running"], site["waiting"]) == ("full", 0, 1)
    made.site.begin("job1-1", Progress(at=made.clock.now(), phase=Phase.CALIBRATING, step=1))
    made.until(JobState.CALIBRATING)
    for seconds in (1e-7, 2e-7, 4e-7):
        made.journal.sites.computed("alpha", "small", "recognition", "x", seconds, made.clock.now())
    made.journal.sites.computed("alpha", "small", "segmentation", "x", 1e-6, made.clock.now())
    shown = armarius("sites").stdout
    assert "1 run, 0 wait" in shown
    assert "recognition 5.0 Mpx/s (3 runs)" in shown
    assert "segmentation 1.0 Mpx/s (1 run)" in shown


def test_a_site_that_does_not_answer_is_listed_with_the_reason(armarius: Armarius, made: Bench) -> None:
    armarius("sites")
    made.site.reachable = False
    made.clock.pass_(60)
    armarius("sites")
    made.clock.pass_(120)
    result = armarius("sites")
    assert "silent 2 min" in result.stdout
    assert "3 min ago" in result.stdout
    assert "alpha: The fake site does not answer." in result.stderr
    assert listed(armarius)["kraken"] == "7", "what it said before"


def test_a_site_that_never_answered(armarius: Armarius, made: Bench) -> None:
    made.site.reachable = False
    assert "never" in armarius("sites").stdout
    assert listed(armarius)["heard"] is None


def test_a_drained_site_and_one_that_has_its_fill(armarius: Armarius, made: Bench) -> None:
    made.config = made.config.model_copy(update={"drained": True})
    assert listed(armarius)["state"] == "drained"
    made.site.reachable = False
    made.clock.pass_(60)
    assert "drained" in armarius("sites").stdout
    assert "silent 0.0 s" in armarius("sites").stdout


def test_the_cache_of_a_site_that_tells_it(made: Bench) -> None:
    report = made.desk().probe(made.desk().link("alpha"), [], whole=True)
    assert _kept(report.model_copy(update={"cache": Cache(bytes=5, limit=10)})) == (5, 10)
    assert _kept(report.model_copy(update={"cache": None})) == (0, None)


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
