"""What became of a run whose process is gone without a report: Slurm knows it, where the run was in a job of its own.

Seen from the login node. A run that was merely killed in a job that goes on is not dealt with here: it is handed over
again, and goes on under its own id.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from armarius.functions import slurm
from armarius.functions.claim import Claim
from armarius.functions.contracts import Outcome, Reason, RunState
from armarius.functions.errors import RunBusy, Superseded
from armarius.functions.handover import EngineEnd
from armarius.functions.reporting import Spent, compose
from armarius.functions.rundir import RunDir
from armarius.functions.slurm import JobView

SILENT_SECONDS = 60.0
"""A heart that stands still for so long, though a lock is held: its machine may be gone, and its lock be left over."""

ENDING_SECONDS = 120.0
"""How long a job may be just ending, after its run's last sign of life, before that is no answer any more."""

Ask = Callable[[str], JobView | None]

ASKING_SECONDS = 10.0
"""What all questions to Slurm together may take within one call: while the controller is away, each takes seconds."""


@dataclass(frozen=True)
class _Death:
    outcome: Outcome
    reason: Reason
    said: str


_GOES_ON = "The run goes on from its newest checkpoint."

_DEATHS = {
    "PREEMPTED": _Death(Outcome.PAUSED, Reason.PREEMPTED, f"{{job}} had to make room for another job. {_GOES_ON}"),
    "TIMEOUT": _Death(Outcome.PAUSED, Reason.WALLTIME, f"The time of {{job}} was up. {_GOES_ON}"),
    "DEADLINE": _Death(Outcome.PAUSED, Reason.WALLTIME, f"The time of {{job}} was up. {_GOES_ON}"),
    "NODE_FAIL": _Death(Outcome.PAUSED, Reason.NODE_LOST, f"The machine of {{job}} failed. {_GOES_ON}"),
    "BOOT_FAIL": _Death(Outcome.PAUSED, Reason.NODE_LOST, f"The machine of {{job}} failed. {_GOES_ON}"),
    "OUT_OF_MEMORY": _Death(
        Outcome.FAILED, Reason.OUT_OF_MEMORY, "{job} took more memory than its shape has, and Slurm ended it."
    ),
    "CANCELLED": _Death(
        Outcome.FAILED,
        Reason.JOB_CANCELLED,
        "{job} was cancelled (scancel), by an operator or because the endpoint was stopped.",
    ),
}
"""By Slurm's own word. Other ends, such as COMPLETED, say nothing of the run."""


def sparing() -> Ask:
    """Returns a way to ask Slurm that gives up, and says that nothing is known, after :data:`ASKING_SECONDS`."""
    end = time.monotonic() + ASKING_SECONDS

    def ask(job: str) -> JobView | None:
        return slurm.ask(job) if time.monotonic() < end else None

    return ask


def settle(run: RunDir, state: RunState, ask: Ask) -> RunState:
    """Tells where a run stands, given what Slurm knows of its job; if that is over, and left no report, writes it.

    Side effects: Then the run is claimed: should a copy of it still live on a machine that was cut off, it writes no
    more.

    Args:
        run: Its directory.
        state: As it was just seen there.
        ask: Asks Slurm about a job.

    Returns:
        The same state; ENDED if there is a report now; RUNNING for a lost one whose job is just ending, for in a moment
        Slurm will say why.
    """
    claim = run.current_claim() if state is RunState.LOST or _is_silent(run, state) else None
    view = ask(claim.job) if claim is not None and claim.job else None
    if claim is None or view is None or view.restarts > claim.restarts:
        return state
    death = _DEATHS.get(view.state.split(" ", 1)[0].rstrip("+"))  # "CANCELLED by 1001"
    if death is None:
        young = (run.heartbeat_age() or 0.0) < ENDING_SECONDS
        return RunState.RUNNING if view.state == "COMPLETING" and young else state
    named = _Death(death.outcome, death.reason, death.said.format(job=_job(claim, view)))
    return RunState.ENDED if _write(run, claim, named, view) else state


def _is_silent(run: RunDir, state: RunState) -> bool:
    return state is RunState.RUNNING and (run.heartbeat_age() or 0.0) > SILENT_SECONDS


def _job(claim: Claim, view: JobView) -> str:
    return f"Slurm job {claim.job} on {claim.node or view.nodes or claim.host}"


def _write(run: RunDir, claim: Claim, death: _Death, view: JobView) -> bool:
    """Writes the report, unless somebody has taken the run over meanwhile."""
    try:
        if run.current_claim() != claim:
            return False
        mine = run.seal()
        end = EngineEnd(outcome=death.outcome, reason=death.reason, message=death.said)
        ended = min(view.end or time.time(), time.time())
        begun = min(claim.since, ended)
        mine.write_report(compose(mine, run.spec(), end, Spent(begun, ended, run.last_memory(), host=claim.host)))
    except (RunBusy, Superseded, FileNotFoundError):  # taken over, or released
        return False
    return True
