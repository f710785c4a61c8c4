"""The end of the allocation that a run computes in: Slurm knows it, and an operator may move it."""

import os
import threading
from collections.abc import Callable, Mapping

from armarius.functions import slurm
from armarius.functions.contracts import Reason
from armarius.functions.slurm import JobView

END_VARIABLE = "SLURM_JOB_END_TIME"
"""Seconds since 1970, as Slurm foresaw it when the job began. Slurm 22.05 does not export it yet."""

ASK_SECONDS = 15.0
"""How often Slurm is asked. A preemption with a time of grace shows nowhere else: no process of the job is told."""

NEAR_SECONDS = 60.0
"""An end that is so near explains why a job is told to end."""

_OVER = {
    "PREEMPTED": Reason.PREEMPTED,
    "CANCELLED": Reason.JOB_CANCELLED,
    "TIMEOUT": Reason.WALLTIME,
    "DEADLINE": Reason.WALLTIME,
    "NODE_FAIL": Reason.NODE_LOST,
}
"""States of a job that is over for Slurm."""


class Allocation:
    """Asks Slurm now and then how the job stands that this process runs in, beside everything else.

    Outside of Slurm it knows nothing and asks nobody. Use it as a context.

    Args:
        environment: Of this process.
        ask: Asks Slurm about a job.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, ask: Callable[[str], JobView | None] = slurm.ask
    ) -> None:
        self.job = slurm.job_of(environment)
        self._ask = ask
        self._promised = _seconds(environment.get(END_VARIABLE)) if self.job else None
        self._view: JobView | None = None
        self._answered = threading.Event()
        self._wake = threading.Event()
        self._over = False

    def __enter__(self) -> "Allocation":
        if self.job is not None:
            threading.Thread(target=self._keep_asking, args=(self.job,), name="allocation", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._wake.set()

    def __str__(self) -> str:
        node = os.environ.get("SLURMD_NODENAME") or os.uname().nodename
        return f"Slurm job {self.job} on {node}" if self.job else "This run"

    @property
    def end(self) -> float | None:
        """When it ends, seconds since 1970, as last heard; None where nobody knows an end."""
        if self._view is None:
            return self._promised
        return None if self._over_because() else self._view.end

    @property
    def wanted_back(self) -> Reason | None:
        """Why Slurm wants it back, or takes it for over; None while it is the run's.

        A job that Slurm takes for over may live on: its slurmd died, or the machine was cut off for a while.
        """
        over = self._over_because()
        return Reason.PREEMPTED if over is None and self._view is not None and self._view.preempted else over

    def _over_because(self) -> Reason | None:
        return None if self._view is None else _OVER.get(self._view.state)

    def first_answer(self, seconds: float) -> None:
        """Waits until Slurm has been heard once, at most for some seconds; outside of Slurm, not at all."""
        if self.job is not None:
            self._answered.wait(seconds)

    def why_told_to_end(self, now: float, seconds: float) -> Reason:
        """Tells why a job was told to end, by asking Slurm once more.

        Args:
            now: Seconds since 1970.
            seconds: How long Slurm may take to answer.
        """
        self._answered.clear()
        self._wake.set()
        self.first_answer(seconds)
        if self.wanted_back is not None:
            return self.wanted_back
        if self._view is not None and self._view.state == "COMPLETING":
            return Reason.JOB_CANCELLED
        if self.end is not None and self.end - now < NEAR_SECONDS:
            return Reason.WALLTIME
        return Reason.STOPPED

    def _keep_asking(self, job: str) -> None:
        while not self._over:
            self._wake.clear()
            self._view = self._ask(job) or self._view
            self._answered.set()
            self._wake.wait(ASK_SECONDS)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None
