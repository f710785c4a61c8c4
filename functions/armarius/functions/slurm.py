"""What Slurm tells of one job, by commands that need no accounting database."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

JOB_VARIABLE = "SLURM_JOB_ID"

ANSWER_SECONDS = 10.0
"""What a command gets; a controller that is being restarted answers after that, or to the next question."""

_FIELD = re.compile(r"(?:^|\s)(JobState|EndTime|PreemptTime|NodeList|BatchHost|Restarts)=(\S*)")
_NOTHING = ("", "(null)", "None", "None assigned", "Unknown", "N/A")


@dataclass(frozen=True)
class JobView:
    """A job as Slurm sees it.

    Attributes:
        state: Slurm's own word, such as "RUNNING" or "NODE_FAIL".
        end: When its allocation ends or ended, seconds since 1970; None where Slurm sets no end.
        preempted: Whether Slurm has told it to make room for another job.
        nodes: Where it runs or ran, as Slurm abbreviates it.
        restarts: How often Slurm began it anew.
    """

    state: str
    end: float | None = None
    preempted: bool = False
    nodes: str = ""
    restarts: int = 0


def job_of(environment: Mapping[str, str]) -> str | None:
    """Returns the number of the job that a process with this environment runs in, or None outside of Slurm."""
    number = environment.get(JOB_VARIABLE, "")
    return number if re.fullmatch(r"[0-9]{1,10}", number) else None


def ask(job: str) -> JobView | None:
    """Asks Slurm about a job: the controller first, then what it wrote down of jobs that ended some minutes ago.

    Takes some 30 ms. Never raises.

    Args:
        job: Its number.

    Returns:
        None where Slurm does not know the job, does not answer, or is not there.
    """
    shown = _said("scontrol", "show", "job", "--oneliner", job)
    if shown and (view := read_job(shown)):
        return view
    for completed in ((), ("--completion",)):  # with slurmdbd, and without
        kept = _said("sacct", *completed, "--noheader", "--parsable2", "--format=JobID,State,NodeList", "--jobs", job)
        if kept and (view := read_account(kept, job)):
            return view
    return None


def read_job(text: str) -> JobView | None:
    """Reads what ``scontrol show job --oneliner`` prints, its times in seconds since 1970."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(text.split("\n", 1)[0]):
        if value not in _NOTHING:
            found.setdefault(name, value)
    if "JobState" not in found:
        return None
    return JobView(
        state=found["JobState"],
        end=_number(found.get("EndTime")),
        preempted="PreemptTime" in found,
        nodes=found.get("NodeList") or found.get("BatchHost", ""),
        restarts=int(_number(found.get("Restarts")) or 0),
    )


def read_account(text: str, job: str) -> JobView | None:
    """Reads what ``sacct --parsable2`` prints of a job; of a job that was begun more than once, the last time."""
    rows = [line.split("|") for line in text.splitlines()]
    mine = [row for row in rows if len(row) == 3 and row[0] == job and row[1]]
    if not mine:
        return None
    _, state, nodes = mine[-1]
    return JobView(state=state, nodes="" if nodes in _NOTHING else nodes)


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None


def _said(*command: str) -> str:
    """Returns what a command prints, or nothing if it fails."""
    environment = {**os.environ, "SLURM_TIME_FORMAT": "%s", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=ANSWER_SECONDS, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""
