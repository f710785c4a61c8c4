"""The states of a job."""

from enum import Enum


class JobState(str, Enum):
    """Where a job stands, in the order in which it gets there.

    A training that is paused or lost goes back to ``placed`` and on from its newest checkpoint.
    """

    WAITING = "waiting"
    """No site can take it now."""
    PACKED = "packed"
    """The pages are read and checked."""
    PLACED = "placed"
    """A site, a shape and a walltime are chosen."""
    STAGING = "staging"
    """The site gets the files that it lacks."""
    CALIBRATING = "calibrating"
    """The training has begun and is being measured."""
    TRAINING = "training"
    """The training goes on."""
    EVALUATING = "evaluating"
    """A model reads pages, and its errors are counted."""
    SEGMENTING = "segmenting"
    """Lines and regions of pages are found."""
    TRANSCRIBING = "transcribing"
    """Pages are read."""
    RETURNING = "returning"
    """The results come home."""
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether nothing will happen any more by itself."""
        return self in (JobState.DONE, JobState.CANCELLED, JobState.FAILED)

    @property
    def computing(self) -> bool:
        """Whether a site is computing it, or will as soon as its queue allows."""
        return self in _COMPUTING

    @property
    def holds_place(self) -> bool:
        """Whether it has a place on a site: it computes, or will as soon as its files are there."""
        return self.computing or self in (JobState.PLACED, JobState.STAGING)


_COMPUTING = frozenset(
    {
        JobState.CALIBRATING,
        JobState.TRAINING,
        JobState.EVALUATING,
        JobState.SEGMENTING,
        JobState.TRANSCRIBING,
    }
)
