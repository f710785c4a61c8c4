"""Whose turn it is, and that a job keeps to it: jobs of several people on one fake site, driven as in earnest."""

from collections.abc import Callable
from itertools import pairwise
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armarius.client.accounts.door import in_turn
from armarius.client.accounts.fairshare import Standing, standing
from armarius.client.accounts.line import rank
from armarius.client.config import AccountRules, Allowance, FairShare
from armarius.client.driver import Driver
from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from armarius.functions.contracts import Outcome, RunState
from support.accounts import HOUR, a_job, open_run, used
from support.desk import MODEL, Bench

DAY = 86_400.0
WEEK = 7 * DAY


def limit(made: Bench, limit: int | None, **rules: object) -> None:
    made.config = made.config.model_copy(update={"limit": limit})
    made.accounts = AccountRules.model_validate(rules)


def placed(made: Bench) -> list[str]:
    return [job.id for job in made.journal.jobs() if job.state.holds_place]


def waits(made: Bench, job_id: str) -> str:
    job = made.journal.job(job_id)
    assert job.state is JobState.WAITING, job.state
    return job.events[-1].message


def look(made: Bench, *job_ids: str, driver: str = "one") -> None:
    for job_id in job_ids:
        advance(made.desk(driver), job_id)


def end(made: Bench, job_id: str) -> None:
    """Lets a job compute and come home."""
    for _ in range(12):
        job = advance(made.desk(), job_id)
        run = made.site.runs.get(f"{job_id}-1")
        if run is not None and run.state is not RunState.ENDED:
            made.site.end(f"{job_id}-1", Outcome.FINISHED, models=(MODEL,))
        if job.state.final:
            return
    raise AssertionError(job.state)


# A site's own limit -----------------------------------------------------------------------------------------------


def test_a_full_site_lets_jobs_wait_and_says_so_once(made: Bench) -> None:
    limit(made, 2)
    jobs = [made.create(f"job{number}", output=made.folder / "results") for number in range(4)]
    for _ in range(3):
        look(made, *jobs)
    assert placed(made) == ["job0", "job1"]
    assert waits(made, "job2") == "alpha takes 2 jobs of this pool at once; this one waits its turn."
    assert [event.state for event in made.journal.job("job2").events] == [JobState.PACKED, JobState.WAITING]
    end(made, "job0")
    look(made, *jobs)
    assert placed(made) == ["job1", "job2"]


def test_a_job_keeps_its_place_from_one_run_to_the_next(made: Bench) -> None:
    limit(made, 1)
    made.create("job0")
    made.create("job1", output=made.folder / "other", priority=100)
    made.until(JobState.CALIBRATING, "job0")
    look(made, "job1")
    made.site.end("job0-1", Outcome.PAUSED)
    look(made, "job1", "job0", "job1")
    assert placed(made) == ["job0"]
    assert made.journal.job("job0").runs[-1].id == "job0-2"


def test_without_a_limit_nothing_waits(made: Bench) -> None:
    jobs = [made.create(f"job{number}") for number in range(4)]
    look(made, *jobs)
    assert placed(made) == jobs


# Whose turn it is -------------------------------------------------------------------------------------------------


def test_who_has_used_least_of_late_comes_first(made: Bench) -> None:
    limit(made, 1)
    now = made.clock.now()
    used(made.journal, now - HOUR, 10, user="anna", name="before")
    made.create("first", user="carl")
    look(made, "first")
    made.create("annas", user="anna")
    made.clock.pass_(1)
    made.create("bens", user="ben")
    look(made, "annas", "bens")
    end(made, "first")
    look(made, "annas")
    assert "waits its turn" in waits(made, "annas")
    look(made, "bens", "annas")
    assert placed(made) == ["bens"]


def test_priority_comes_before_that(made: Bench) -> None:
    limit(made, 1)
    used(made.journal, made.clock.now() - HOUR, 10, user="anna")
    made.create("first", user="carl")
    look(made, "first")
    made.create("bens", user="ben")
    made.create("annas", user="anna", priority=1)
    look(made, "bens", "annas")
    end(made, "first")
    look(made, "bens", "annas")
    assert placed(made) == ["annas"]


def test_a_job_that_nobody_drives_any_more_is_passed_by(made: Bench) -> None:
    limit(made, 1)
    made.create("first", user="carl")
    look(made, "first")
    made.create("left", user="anna", priority=5)
    made.create("driven", user="ben")
    look(made, "left", "driven")
    end(made, "first")
    look(made, "driven")
    assert placed(made) == []
    made.clock.pass_(151)
    look(made, "driven")
    assert placed(made) == ["driven"]


def test_a_job_that_may_use_no_more_stands_in_nobodys_way(made: Bench) -> None:
    limit(made, 1)
    made.create("first", user="carl")
    look(made, "first")
    made.create("annas", user="anna", priority=5)
    made.create("bens", user="ben")
    look(made, "annas", "bens")
    used(made.journal, made.clock.now(), 5, user="anna")
    limit(made, 1, allowances=(Allowance(user="anna", gpu_hours=1, per="week"),))
    end(made, "first")
    look(made, "annas", "bens")
    assert placed(made) == ["bens"]


def test_two_drivers_keep_to_the_same_order(made: Bench) -> None:
    limit(made, 1)
    made.create("first", user="carl")
    look(made, "first")
    made.create("bens", user="ben")
    made.create("annas", user="anna", priority=1)
    look(made, "bens", driver="two")
    look(made, "annas")
    end(made, "first")
    look(made, "bens", driver="two")
    look(made, "annas")
    look(made, "bens", driver="two")
    assert placed(made) == ["annas"]


def test_those_that_have_a_place_are_looked_at_first(made: Bench) -> None:
    limit(made, 1)
    made.create("low", priority=-1)
    made.create("high", priority=1)
    made.create("running")
    look(made, "running")
    assert [job.id for job in in_turn(made.desk(), made.journal.jobs())] == ["running", "high", "low"]
    assert in_turn(made.desk(), []) == []


# Allowances where runs are placed -----------------------------------------------------------------------------------


def test_a_job_waits_for_its_allowance_and_goes_on(made: Bench) -> None:
    limit(made, None, allowances=(Allowance(user="*", gpu_hours=1, per="week"),))
    used(made.journal, made.clock.now(), 1, user="anna")
    made.create("annas", user="anna")
    look(made, "annas", "annas")
    assert "for this week are used up. It goes on on" in waits(made, "annas")
    assert len(made.journal.job("annas").events) == 2
    made.clock.pass_(WEEK)
    look(made, "annas")
    assert placed(made) == ["annas"]


def test_what_has_not_begun_fails_where_no_day_is_near_and_can_be_resumed(made: Bench) -> None:
    limit(made, None, allowances=(Allowance(project="poilus", gpu_hours=1),))
    used(made.journal, made.clock.now(), 1, project="poilus")
    made.create("job", project="poilus")
    look(made, "job")
    job = made.journal.job("job")
    assert job.state is JobState.FAILED
    assert job.error.startswith("The 1 GPU hours of the project poilus are used up.")
    assert "armarius resume job" in job.error
    limit(made, None)
    assert made.desk().claim("job")
    made.journal.revive("job", made.desk().owner, made.clock.now(), "begun again")
    look(made, "job")
    assert placed(made) == ["job"]


def test_what_has_begun_waits_and_is_not_ended(made: Bench) -> None:
    limit(made, None, allowances=(Allowance(project="poilus", gpu_hours=1),))
    made.create("job", project="poilus")
    made.until(JobState.CALIBRATING, "job")
    used(made.journal, made.clock.now(), 1, project="poilus")
    made.site.begin("job-1")
    look(made, "job")
    assert made.site.runs["job-1"].state is RunState.RUNNING
    made.site.end("job-1", Outcome.PAUSED)
    look(made, "job")
    assert "Ask the administrators" in waits(made, "job")
    limit(made, None)
    look(made, "job")
    assert placed(made) == ["job"]


def test_the_door_is_shut_between_the_look_and_the_run(made: Bench) -> None:
    """Two drivers see the last place; the journal lets one of them have it."""
    limit(made, 1)
    made.create("mine")
    made.create("theirs")
    mine = made.desk("one")
    journal, opened = made.journal, made.journal.open_run

    def first_the_other(*args: object, **fields: object) -> None:
        made.journal.open_run = opened
        look(made, "theirs", driver="two")
        opened(*args, **fields)

    journal.open_run = first_the_other
    advance(mine, "mine")
    assert placed(made) == ["theirs"]
    assert "waits its turn" in waits(made, "mine")
    assert journal.job("mine").runs == []


# The figures --------------------------------------------------------------------------------------------------------


def found(journal: Journal, now: float, **rules: object) -> Standing:
    with journal.reading() as session:
        return standing(session, FairShare.model_validate(rules), now)


def test_what_was_used_fades(journal: Journal) -> None:
    now = 1_760_000_000.0
    used(journal, now - WEEK, 8, user="anna", cpus=1)
    used(journal, now, 4, user="ben", cpus=1)
    used(journal, now - 9 * WEEK, 1000, user="carl", cpus=1)
    seen = found(journal, now, half_life="7d", gpu_weight=2)
    assert seen.used["anna"] == pytest.approx(seen.used["ben"]) == pytest.approx(4 * HOUR * 3)
    assert "carl" not in seen.used


def test_shares_are_what_somebody_may_have_more_of(journal: Journal) -> None:
    now = 1_760_000_000.0
    used(journal, now, 3, user="anna")
    used(journal, now, 1, user="ben")
    seen = found(journal, now, shares={"anna": 3})
    assert seen.burden("anna") == pytest.approx(seen.burden("ben"))
    assert seen.burden("new") == 0


def test_what_runs_counts_at_once(journal: Journal) -> None:
    now = 1_760_000_000.0
    open_run(journal, a_job(journal, now, user="anna"), now, cpus=2, walltime=2 * HOUR)
    open_run(journal, a_job(journal, now, user="ben"), now, cpus=1)
    assert found(journal, now).used == {"anna": 4 * HOUR, "ben": HOUR}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1e9)),
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 9)),
)
def test_the_order_is_that_of_slurms_factors(spent: dict[str, float], shares: dict[str, float]) -> None:
    seen = Standing(spent, FairShare(shares=shares))
    users = sorted("abcdef", key=seen.burden)
    whole, all_shares = sum(spent.values()) or 1.0, sum(seen.rules.share(user) for user in "abcdef")
    factors = [2 ** -((spent.get(user, 0.0) / whole) / (seen.rules.share(user) / all_shares)) for user in users]
    assert all(before >= after or before == pytest.approx(after) for before, after in pairwise(factors))


def simulate(shares: dict[str, float], lengths: list[float], places: int, ends_after: float) -> dict[str, float]:
    """Everybody always has something that waits; returns what each was given, by the rule that places jobs."""
    rules = FairShare(shares=shares, gpu_weight=0)
    now, count, running = 0.0, 0, list[tuple[float, str, float]]()
    given_, past, waiting = dict.fromkeys(shares, 0.0), dict.fromkeys(shares, 0.0), dict.fromkeys(shares, 0.0)
    while now < ends_after:
        while len(running) < places:
            present = {user: past[user] + sum(hours for _, who, hours in running if who == user) for user in shares}
            seen = Standing(present, rules)
            user = min(shares, key=lambda each, seen=seen: rank(seen, each, each, 0, waiting[each]))
            hours = lengths[count % len(lengths)]
            running.append((now + hours * HOUR, user, hours))
            given_[user] += hours
            waiting[user] = now
            count += 1
        running.sort()
        ended, user, hours = running.pop(0)
        past = {each: used_ * 2 ** (-(ended - now) / DAY) for each, used_ in past.items()}
        past[user] += hours
        now = ended
    return given_


@given(
    st.dictionaries(st.sampled_from(["anna", "ben", "carl", "dora"]), st.sampled_from([1.0, 2.0, 4.0]), min_size=2),
    st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=1, max_size=6),
    st.integers(1, 4),
)
@settings(max_examples=30, deadline=None)
def test_shares_are_what_each_gets_in_the_long_run_and_nobody_starves(
    shares: dict[str, float], lengths: list[float], places: int
) -> None:
    given_ = simulate(shares, lengths, places, 12 * DAY)
    whole = sum(given_.values())
    for user, share in shares.items():
        assert given_[user] / whole == pytest.approx(share / sum(shares.values()), abs=0.06)


def serve_until(made: Bench, driver: Driver, done: Callable[[], bool]) -> None:
    stop = Event()

    def compute(_seconds: float) -> None:
        made.clock.pass_(60)
        for run_id, run in made.site.runs.items():
            if run.state is RunState.UNKNOWN:
                made.site.end(run_id, Outcome.FINISHED, models=(MODEL,))
        if done():
            stop.set()

    made.site.wait = compute
    driver.serve(lambda _row: None, stop)


def test_who_came_with_one_job_does_not_wait_for_all_five_of_another(made: Bench) -> None:
    limit(made, 1)
    for number in range(5):
        made.create(f"anna{number}", user="anna", output=made.folder / "results")
    made.create("ben", user="ben", output=made.folder / "results")
    serve_until(made, Driver(made.desk()), lambda: not made.journal.jobs(unfinished_only=True))
    over = {job.id: job.updated for job in made.journal.jobs()}
    assert all(job.state is JobState.DONE for job in made.journal.jobs())
    assert sum(each < over["ben"] for each in over.values()) <= 2
