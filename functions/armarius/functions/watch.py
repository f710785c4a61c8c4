"""When a run has to end before its engine does: the rules, with no process and no clock in them."""

from dataclasses import dataclass
from enum import Enum

from armarius.functions.contracts import Limits, Reason


class Wish(Enum):
    """What somebody asked for, in the run's directory."""

    NONE = "none"
    PAUSE = "pause"
    CANCEL = "cancel"


class Action(Enum):
    """What the supervisor does to its child."""

    LET = "let"
    PAUSE = "pause"
    KILL = "kill"


@dataclass(frozen=True)
class Verdict:
    """An action and why; no reason means that somebody cancelled."""

    action: Action
    reason: Reason | None = None


_LET = Verdict(Action.LET)


@dataclass(frozen=True)
class Watch:
    """The rules of one run.

    Args:
        limits: The frame that the client gave.
    """

    limits: Limits

    def judge(self, *, elapsed: float, memory: int, wish: Wish, pausing: bool) -> Verdict:
        """Decides what to do now.

        Args:
            elapsed: Seconds since the function began.
            memory: Bytes that the engine and its children take.
            wish: What somebody asked for.
            pausing: Whether the engine has already been asked to pause.
        """
        if wish is Wish.CANCEL:
            return Verdict(Action.KILL)
        if self.limits.memory is not None and memory > self.limits.memory:
            return Verdict(Action.KILL, Reason.OUT_OF_MEMORY)
        if self._too_late(elapsed):
            return Verdict(Action.KILL, Reason.WALLTIME)
        if pausing:
            return _LET
        if wish is Wish.PAUSE:
            return Verdict(Action.PAUSE, Reason.ASKED)
        if self._near_the_end(elapsed):
            return Verdict(Action.PAUSE, Reason.WALLTIME)
        return _LET

    def _near_the_end(self, elapsed: float) -> bool:
        return self.limits.pause_at is not None and elapsed >= self.limits.pause_at

    def _too_late(self, elapsed: float) -> bool:
        """A fifth of the margin is left for the report."""
        walltime, pause_at = self.limits.walltime, self.limits.pause_at
        return walltime is not None and pause_at is not None and elapsed >= walltime - (walltime - pause_at) / 5
