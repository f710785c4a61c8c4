"""How a task is called in the journal: its id, and what is needed to find the user endpoint that holds it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Reference:
    """A task that was handed over.

    Attributes:
        task: Its id at Globus Compute.
        shape: The name of the slice that was asked for.
        walltime: As the site writes it; empty for no end.
        at: When it was handed over, in seconds since 1970 by this machine's clock.
    """

    task: str
    shape: str
    walltime: str
    at: float

    def __str__(self) -> str:
        return f"{self.task}/{self.shape}/{self.walltime}/{self.at:.0f}"

    @classmethod
    def read(cls, text: str) -> "Reference | None":
        """Reads what :meth:`__str__` wrote; None where it is another adapter's."""
        try:
            task, shape, walltime, at = text.split("/")
            return cls(str(UUID(task)), shape, walltime, float(at))
        except ValueError:
            return None
