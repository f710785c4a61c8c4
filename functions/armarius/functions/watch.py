"""When a run has to end before its engine does: the rules, with no process and no clock in them."""

from dataclasses import dataclass
from enum import Enum
from math import inf

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


PAUSES = 2.0
OVERHEAD = 10.0
"""Left before the end of an allocation: so many measured pauses, and so many seconds for the report."""


@dataclass(frozen=True)
class Watch:
    """The rules of one run.

    Args:
        limits: The frame that the client gave.
    """

    limits: Limits

    def judge(
        self,
        *,
        elapsed: float,
        memory: int,
        wish: Wish,
        pausing: bool,
        ends: float | None = None,
        pause_seconds: float | None = None,
        told: Reason | None = None,
    ) -> Verdict:
        """Decides what to do now.

        Args:
            elapsed: Seconds since the function began.
            memory: Bytes that the engine and its children take.
            wish: What somebody asked for.
            pausing: Whether the engine has already been asked to pause.
            ends: Seconds from the begin of the function to the end of its allocation, as the scheduler says.
            pause_seconds: What a pause takes here, as measured; None before it was.
            told: Why the scheduler wants the run to end, if it does.
        """
        if wish is Wish.CANCEL:
            return Verdict(Action.KILL)
        if self.limits.memory is not None and memory > self.limits.memory:
            return Verdict(Action.KILL, Reason.OUT_OF_MEMORY)
        left = self._left(elapsed, ends)
        margin = self._margin(elapsed + left, pause_seconds)
        if left <= margin / 5:  # that much is left for the report
            return Verdict(Action.KILL, told or Reason.WALLTIME)
        if pausing:
            return _LET
        if wish is Wish.PAUSE:
            return Verdict(Action.PAUSE, Reason.ASKED)
        if told is not None:
            return Verdict(Action.PAUSE, told)
        return Verdict(Action.PAUSE, Reason.WALLTIME) if left <= margin else _LET

    def _left(self, elapsed: float, ends: float | None) -> float:
        """Returns the seconds to whichever end comes first."""
        return min((end for end in (self.limits.walltime, ends) if end is not None), default=inf) - elapsed

    def _margin(self, whole: float, pause_seconds: float | None) -> float:
        """Returns the seconds before the end at which to pause: as a pause takes here, once that was measured.

        Before, it is what the client said, and a short allocation gives at most a quarter; what was measured gets up
        to half of it.
        """
        if pause_seconds is None:
            return min(self.limits.margin, whole / 4)
        return min(PAUSES * pause_seconds + OVERHEAD, whole / 2)
