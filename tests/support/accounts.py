"""Jobs of several people in a journal, with runs that have used something."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from armarius.client.accounts.door import admission
from armarius.client.config import AccountRules, Allowance, LocalSiteConfig
from armarius.client.errors import HeldBack
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from armarius.client.testing import FakeClock
from armarius.functions.contracts import Limits, Phase, Progress, RunSpec, Task, Usage
from support.jobs import SHAPE, request, train_report

HOUR = 3600.0
MOST_AT_ONCE = 5
_numbers = count(1)


def a_job(journal: Journal, now: float, job_id: str = "", **fields: Any) -> str:
    """A job of somebody that waits."""
    job_id = job_id or f"job{next(_numbers)}"
    journal.create(job_id, request(**fields), now)
    return job_id


def open_run(
    journal: Journal,
    job_id: str,
    now: float,
    *,
    site: str = "alpha",
    cpus: int = 1,
    gpus: int = 0,
    walltime: float | None = None,
    **options: Any,
) -> str:
    """Its next run; the owner of its lease is "me"."""
    assert journal.claim(job_id, "me", now, 60)
    number = len(journal.job(job_id).runs) + 1
    spec = RunSpec(run_id=f"{job_id}-{number}", task=Task.TRAIN, dataset="0" * 64, limits=Limits(cpus=cpus, gpus=gpus))
    journal.open_run(
        job_id, "me", now, site=site, spec=spec, shape=SHAPE, walltime=walltime, number=number, message="", **options
    )
    return spec.run_id


def computes(journal: Journal, run_id: str, at: float, **fields: Any) -> None:
    """A sign of life of a run."""
    job_id = run_id.rpartition("-")[0]
    assert journal.claim(job_id, "me", at, 60)
    position = len(journal.progress(job_id))
    line = Progress(at=at, phase=Phase.TRAINING, step=position, **fields)
    journal.heard(job_id, "me", run_id, [line], position + 1, None)


def ends(journal: Journal, run_id: str, now: float, seconds: float, gpus: int = 0, final: bool = True) -> None:
    """A run has ended, and its report is there."""
    job_id = run_id.rpartition("-")[0]
    assert journal.claim(job_id, "me", now, 60)
    report = train_report(
        run_id=run_id,
        started=now - seconds,
        ended=now,
        usage=Usage(seconds=seconds, gpu_seconds=seconds * gpus),
    )
    journal.heard(job_id, "me", run_id, [], 0, report.model_dump(mode="json"))
    if final:
        journal.move(job_id, "me", JobState.DONE, now)


def used(
    journal: Journal, now: float, hours: float, gpus: int = 1, cpus: int = 1, site: str = "alpha", **whose: Any
) -> str:
    """A job of somebody that has ended now, after some hours."""
    job_id = a_job(journal, now - hours * HOUR, **whose)
    run = open_run(journal, job_id, now - hours * HOUR, site=site, gpus=gpus, cpus=cpus)
    ends(journal, run, now, hours * HOUR, gpus)
    return job_id


def begins(journal: Journal, owner: str) -> Callable[[str], bool]:
    """Returns what a driver does at the door: it begins a job's run, or is told to wait."""
    rules = AccountRules(allowances=(Allowance(user="*", jobs=MOST_AT_ONCE),))
    site = LocalSiteConfig(name="alpha", root=Path("nowhere"), kraken_python=Path("python"), shapes=(SHAPE,))
    desk = Desk(journal, {}, FakeClock(), owner, rules)

    def begin(job_id: str) -> bool:
        assert desk.claim(job_id)
        spec = RunSpec(run_id=f"{job_id}-1", task=Task.TRAIN, dataset="0" * 64)
        admit = admission(desk, journal.job(job_id), site)
        now = desk.clock.now()
        try:
            journal.open_run(
                job_id,
                owner,
                now,
                site="alpha",
                spec=spec,
                shape=SHAPE,
                walltime=None,
                number=1,
                message="",
                admit=admit,
            )
        except HeldBack:
            return False
        return True

    return begin
