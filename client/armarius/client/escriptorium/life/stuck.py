"""What cannot go on here, though nothing is wrong with its site: since when, and when to give up."""

from collections.abc import Container

STUCK_SECONDS = 600.0
"""How long a job is tried again that fails here, not on its site."""

OUT_OF_ORDER = "Something is wrong in the pool itself; the administrators find it in the worker's log."


class Stuck:
    """Remembers since when jobs could not be taken further."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def lasts(self, job_id: str, now: float, seconds: float = STUCK_SECONDS) -> bool:
        """Notes that a job could not be taken further, and tells whether that has lasted for so long."""
        return now - self._since.setdefault(job_id, now) > seconds

    def goes_on(self, job_id: str) -> None:
        """Notes that it was."""
        self._since.pop(job_id, None)

    def keep(self, job_ids: Container[str]) -> None:
        """Forgets all other jobs."""
        self._since = {job_id: since for job_id, since in self._since.items() if job_id in job_ids}
