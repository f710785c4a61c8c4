"""A data policy can't be got round: by no failover, no resume, no order of the configuration and no change of it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armarius.client.accounts.names import Account
from armarius.client.config import Confined, DataRules
from armarius.client.jobs.advance import advance
from armarius.client.jobs.request import DataPolicy
from armarius.client.jobs.requeueing import AGAIN_MOST
from armarius.client.journal import Drain
from armarius.client.testing import FakeSite
from armarius.functions.contracts import ArmariusError, Outcome, Phase, Progress, Reason, RunState
from support.desk import LARGE, MODEL, SMALL
from support.several import Several, checkpoint, queue, several

NAMES = ("alpha", "beta", "gamma", "delta")
TAGS = ("eu", "own")
tags = st.sets(st.sampled_from(TAGS)).map(sorted)
policies = st.builds(DataPolicy, tags=tags, sites=st.sets(st.sampled_from(NAMES), max_size=3).map(sorted))
sites = st.permutations(NAMES).flatmap(lambda names: st.tuples(*(st.tuples(st.just(name), tags) for name in names)))
PROJECTS = ("charters", "Poilus")
confined = st.fixed_dictionaries(
    {}, optional={name: st.builds(Confined, only_tags=st.sets(st.sampled_from(TAGS), min_size=1).map(sorted))
                  for name in PROJECTS}
)  # fmt: skip
rules = st.builds(DataRules, projects=confined, users=confined, institutions=confined)
whose = st.builds(Account, *(st.sampled_from(("", *PROJECTS)) for _ in range(3)))
deeds = st.sampled_from(
    ["begin", "finish", "pause", "lose", "fail", "starve", "silence", "return", "drain", "retag", "resume", "rule",
     "confine", "empty", "refill", "wait"]
)  # fmt: skip
ENDS = {
    "finish": (Outcome.FINISHED, None),
    "pause": (Outcome.PAUSED, Reason.WALLTIME),
    "lose": (Outcome.PAUSED, Reason.NODE_LOST),
    "fail": (Outcome.FAILED, Reason.ENGINE_DIED),
    "starve": (Outcome.FAILED, Reason.OUT_OF_MEMORY),
}


def allowed(made: Several, policy: DataPolicy, mine: Account, further: list[str], name: str) -> bool:
    """The policy in the test's own words."""
    asked = set(policy.tags)
    for kind, names in (("users", [mine.user]), ("projects", [mine.project, *further]),
                        ("institutions", [mine.institution])):  # fmt: skip
        for each in names:
            found = getattr(made.data_rules, kind).get(each)
            asked |= set(found.only_tags) if found else set()
    return asked <= set(made.configs[name].tags) and (not policy.sites or name in policy.sites)


def live(made: Several, deed: str, name: str, site: FakeSite, step: int) -> None:
    """Something happens at a site, or to its file."""
    if deed == "silence":
        site.reachable = False
    elif deed == "return":
        site.reachable = True
    elif deed in ("drain", "retag"):
        change: dict[str, Any] = {"drained": True} if deed == "drain" else {"tags": ("eu",)}
        made.configs[name] = made.configs[name].model_copy(update=change)
    elif deed == "empty":
        now = made.clock.now()
        made.journal.drains.drain(Drain(name, "anna", now, now, empties=True))
    elif deed == "refill":
        made.journal.drains.undrain(name)
    elif deed == "wait":  # until a job in a queue is looked at again, and this site has become the best
        made.clock.pass_(AGAIN_MOST)
        for each in NAMES:
            made.fakes[each].queue = queue(0.0 if each == name else 90_000.0)
    for run_id, run in site.runs.items():
        if deed == "begin" and run.state is RunState.UNKNOWN:
            made.fakes[name].begin(run_id, Progress(at=0, phase=Phase.TRAINING, step=step))
        elif deed in ENDS and run.state is RunState.RUNNING:
            outcome, reason = ENDS[deed]
            fields = {"models": (MODEL,)} if outcome is Outcome.FINISHED else {"checkpoint": checkpoint(run_id, step)}
            site.end(run_id, outcome, reason, **fields)


def revive(made: Several) -> None:
    if made.journal.job("job1").state.final:
        desk = made.desk()
        made.journal.claim("job1", desk.owner, made.clock.now(), 60)
        made.journal.revive("job1", desk.owner, made.clock.now(), "begun again")
        made.journal.give_back("job1", desk.owner)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    configured=sites,
    policy=policies,
    mine=whose,
    further=st.sets(st.sampled_from(PROJECTS)).map(sorted),
    ruled=st.tuples(rules, rules),
    fate=st.lists(st.tuples(deeds, st.sampled_from(NAMES)), min_size=1, max_size=25),
)
def test_no_page_and_no_checkpoint_ever_goes_where_it_may_not(
    configured: tuple[tuple[str, list[str]], ...],
    policy: DataPolicy,
    mine: Account,
    further: list[str],
    ruled: tuple[DataRules, DataRules],
    fate: list[tuple[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    words = {name: {"tags": tuple(borne), "shapes": (SMALL, LARGE), "patience": "1m"} for name, borne in configured}
    with several(tmp_path_factory.mktemp("policy"), **words) as made:
        made.data_rules = ruled[0]
        made.create(policy=policy, **vars(mine), data_of=tuple(further))
        for step, (deed, name) in enumerate(fate, 1):
            if deed == "resume":
                revive(made)
            elif deed == "rule":
                made.data_rules = ruled[step % 2]
            elif deed == "confine":
                made.journal.confine("job1", ("own",), made.clock.now())
                policy = policy.model_copy(update={"tags": tuple(sorted({*policy.tags, "own"}))})
            live(made, deed, name, made.fakes[name], step)
            made.clock.pass_(40)
            before = {each: (len(made.stagings[each].sent), handed(made.fakes[each])) for each in NAMES}
            for _ in range(3):
                try:
                    advance(made.desk(), "job1")
                except ArmariusError as error:
                    assert error.transient
            for each in NAMES:
                got = (len(made.stagings[each].sent), handed(made.fakes[each]))
                may = allowed(made, policy, mine, further, each)
                assert got == before[each] or may, f"{each} got what it may not have"
        ends = [run.report_json["outcome"] for run in made.journal.job("job1").runs if run.report_json]
        assert ends.count("finished") <= 1, "two runs that both count"


def handed(site: FakeSite) -> int:
    return sum(run.deliveries for run in site.runs.values())
