from datetime import datetime, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from armarius.client.accounts.allowances import Held, held_back, span
from armarius.client.accounts.names import Account
from armarius.client.config import AccountRules, Allowance
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from support.accounts import HOUR, a_job, computes, ends, open_run, used

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=timezone.utc).timestamp()
ANNA = Account("anna", "poilus", "EPHE")


def held(journal: Journal, *allowances: Allowance, account: Account = ANNA, now: float = FRIDAY) -> Held | None:
    with journal.reading() as session:
        return held_back(session, AccountRules(allowances=allowances).for_(account), account, "new", now)


def why(journal: Journal, *allowances: Allowance, **options: object) -> str:
    found = held(journal, *allowances, **options)
    return found.why if found else ""


# What is allowed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"gpu_hours": 1},
        {"user": "anna", "project": "poilus", "gpu_hours": 1},
        {"user": "anna"},
        {"user": "", "jobs": 1},
        {"user": "anna", "jobs": 1, "per": "week"},
        {"user": "anna", "gpu_hours": 0},
        {"user": "anna", "jobs": 0},
        {"user": "an\nna", "jobs": 1},
        {"user": "anna", "gpu_hours": float("inf")},
    ],
)
def test_allowances_that_say_nothing_or_too_much(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Allowance.model_validate(fields)


def test_what_names_somebody_takes_the_place_of_what_is_for_each() -> None:
    each, anna = Allowance(user="*", gpu_hours=1), Allowance(user="anna", gpu_hours=9)
    poilus = Allowance(project="*", jobs=2)
    rules = AccountRules(allowances=(each, anna, poilus))
    assert rules.for_(ANNA) == [anna, poilus]
    assert rules.for_(Account("ben")) == [each]
    assert rules.for_(Account()) == [], "of nobody nothing is asked"


@pytest.mark.parametrize(
    ("per", "now", "begin", "end"),
    [
        ("week", "2026-11-27", "2026-11-23", "2026-11-30"),
        ("week", "2026-11-30", "2026-11-30", "2026-12-07"),
        ("week", "2027-01-03", "2026-12-28", "2027-01-04"),
        ("month", "2026-11-27", "2026-11-01", "2026-12-01"),
        ("month", "2026-12-31", "2026-12-01", "2027-01-01"),
        ("month", "2028-02-29", "2028-02-01", "2028-03-01"),
    ],
)
def test_weeks_and_months(per: str, now: str, begin: str, end: str) -> None:
    at, first, last = (datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() for day in (now, begin, end))
    allowance = Allowance.model_validate({"user": "*", "gpu_hours": 1, "per": per})
    for moment in (at, at + 86_399):
        assert span(allowance, moment) == (first, last)


# What is used up ------------------------------------------------------------------------------------------------------


def test_hours_of_a_week_are_used_up_until_monday(journal: Journal) -> None:
    weekly = Allowance(user="*", gpu_hours=10, per="week")
    used(journal, FRIDAY - 7 * 86_400, 50, user="anna")
    used(journal, FRIDAY, 9.9, user="anna")
    assert held(journal, weekly) is None, "what was used last week does not count"
    used(journal, FRIDAY, 0.1, user="anna")
    assert why(journal, weekly) == (
        "The 10 GPU hours of anna for this week are used up. It goes on on Monday, 2026-11-30 00:00 UTC."
    )
    assert held(journal, weekly, account=Account("ben")) is None
    assert held(journal, weekly, now=FRIDAY + 3 * 86_400) is None


def test_hours_in_all_are_used_up_for_good(journal: Journal) -> None:
    used(journal, FRIDAY - 400 * 86_400, 500, user="ben", project="poilus")
    found = held(journal, Allowance(project="poilus", gpu_hours=500))
    assert found is not None
    assert (found.for_good, found.until) == (True, None)
    assert found.why == (
        "The 500 GPU hours of the project poilus are used up. Ask the administrators of the pool for more."
    )


def test_cpu_hours(journal: Journal) -> None:
    used(journal, FRIDAY, 2, gpus=0, cpus=8, institution="EPHE")
    assert held(journal, Allowance(institution="*", cpu_hours=16.1)) is None
    assert "16 CPU hours of the institution EPHE" in why(journal, Allowance(institution="*", cpu_hours=16))


def test_what_runs_counts_as_if_it_took_all_of_its_walltime(journal: Journal) -> None:
    weekly = Allowance(user="anna", gpu_hours=8, per="week")
    run = open_run(journal, a_job(journal, FRIDAY, user="anna"), FRIDAY, gpus=1, walltime=8 * HOUR)
    assert why(journal, weekly) == (
        "What runs already may use up the 8 GPU hours of anna for this week. It goes on when that ends with something "
        "left, on Monday, 2026-11-30 00:00 UTC at the latest."
    )
    computes(journal, run, FRIDAY)
    computes(journal, run, FRIDAY + HOUR)
    assert "may use up" in why(journal, weekly), "used and ahead are together still eight"
    ends(journal, run, FRIDAY + HOUR, HOUR, 1)
    assert held(journal, weekly) is None


def test_a_run_that_was_lost_holds_nothing(journal: Journal) -> None:
    weekly = Allowance(user="anna", gpu_hours=8, per="week")
    job = a_job(journal, FRIDAY, user="anna")
    open_run(journal, job, FRIDAY, gpus=1, walltime=8 * HOUR)
    journal.move(job, "me", JobState.FAILED, FRIDAY, error="Nobody ever began it.")
    assert held(journal, weekly) is None


def test_jobs_at_once(journal: Journal) -> None:
    two = Allowance(user="*", jobs=2)
    runs = [open_run(journal, a_job(journal, FRIDAY, user="anna"), FRIDAY) for _ in range(2)]
    assert why(journal, two) == (
        "anna has 2 jobs on the pool's sites, as many as there may be at once. It goes on when one of them ends."
    )
    assert "1 job on" in why(journal, Allowance(user="*", jobs=1))
    assert held(journal, two, account=Account("ben")) is None
    ends(journal, runs[0], FRIDAY, 1.0, final=False)
    assert held(journal, two) is not None, "between two of its runs, a job keeps its place"
    journal.move("-".join(runs[0].split("-")[:-1]), "me", JobState.RETURNING, FRIDAY)
    assert held(journal, two) is None


def test_of_several_the_longest_wait_is_told(journal: Journal) -> None:
    used(journal, FRIDAY, 20, user="anna", project="poilus")
    open_run(journal, a_job(journal, FRIDAY, user="anna"), FRIDAY)
    weekly = Allowance(user="anna", gpu_hours=10, per="week")
    monthly = Allowance(user="anna", gpu_hours=20, per="month")
    assert "Tuesday, 2026-12-01" in why(journal, Allowance(user="anna", jobs=1), monthly, weekly)
    assert "Ask the administrators" in why(journal, Allowance(project="poilus", gpu_hours=5), monthly, weekly)


# Never more than is allowed -------------------------------------------------------------------------------------------

ALLOWED = AccountRules(
    allowances=(Allowance(user="*", gpu_hours=10, jobs=3, per="week"), Allowance(project="*", gpu_hours=25))
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["anna", "ben"]),
        st.sampled_from(["poilus", ""]),
        st.sampled_from([1, 4, 8]),
        st.floats(0, 1.2),
        st.floats(0, 40),
    ),
    min_size=4,
    max_size=25,
)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_start_goes_beyond_an_allowance(steps: list[tuple[str, str, int, float, float]]) -> None:
    """At each start something is left, and what is used in the end is beyond by less than one run."""
    journal, now = Journal("sqlite://"), FRIDAY
    open_ones: dict[str, tuple[float, float]] = {}
    spent: list[tuple[float, str, str, float]] = []
    for user, project, walltime, share, pause in steps:
        now += pause * HOUR
        for run, (begun, hours) in list(open_ones.items()):
            if begun + hours * HOUR <= now:
                ends(journal, run, begun + hours * HOUR, hours * HOUR, 1)
                del open_ones[run]
        account = Account(user, project)
        with journal.reading() as session:
            found = held_back(session, ALLOWED.for_(account), account, "new", now)
        week = span(ALLOWED.allowances[0], now)[0]
        mine = [hours for at, who, _, hours in spent if who == user and at >= week]
        ours = [hours for _, _, what, hours in spent if what == project]
        running = [each for each in open_ones if journal.job(each.rpartition("-")[0]).request.user == user]
        if found is None:
            assert len(running) < 3
            job = a_job(journal, now, user=user, project=project)
            run = open_run(journal, job, now, gpus=1, walltime=walltime * HOUR)
            hours = walltime * min(share, 1.0)
            open_ones[run] = (now, hours)
            spent.append((now + hours * HOUR, user, project, hours))
            assert sum(mine) + hours < 10 + 8, "beyond by less than one run"
            assert not project or sum(ours) + hours < 25 + 8
        else:
            assert "goes on" in found.why or "Ask the administrators" in found.why
    journal.close()
