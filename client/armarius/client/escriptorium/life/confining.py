"""Where pages may go: looked up when a training, or work on them, becomes a job, and again and again until it ends."""

from collections.abc import Callable

from armarius.client.escriptorium.data.wanted import wanted
from armarius.client.escriptorium.host.confinement import site_tags_for
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.record import TrainingRow
from armarius.client.journal import JobRow

AGAIN_SECONDS = 30.0
"""Between two looks at the tags of a training's documents."""


def tags_now(office: Office, row: TrainingRow) -> frozenset[str]:
    """Returns the tags that a training's documents ask of a site now.

    Raises:
        ConfigurationError: This eScriptorium cannot tell.
    """
    if not _asks(office):
        return frozenset()
    return tags_for(office, wanted(row.task, row.arguments_json).parts)


def tags_for(office: Office, parts: list[int]) -> frozenset[str]:
    """Returns the tags that the documents of some pages ask of a site now.

    Raises:
        ConfigurationError: This eScriptorium cannot tell.
    """
    chosen = office.options
    return site_tags_for(parts, chosen.project_tags, chosen.document_tags) if _asks(office) else frozenset()


def _asks(office: Office) -> bool:
    return bool(office.options.project_tags or office.options.document_tags)


class Confining:
    """Makes the policy of jobs stricter when their documents ask for more than at the beginning; never looser.

    Args:
        office: The pool, what is remembered, and the settings.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._looked: dict[str, float] = {}

    def tend(self, job: JobRow, look: Callable[[], frozenset[str]]) -> None:
        """Looks at the documents of a job's pages, if that was not done a moment ago.

        Args:
            job: The job.
            look: Tells what they ask for.
        """
        now = self._office.now()
        if job.state.final:
            self._looked.pop(job.id, None)
        elif not 0 <= now - self._looked.get(job.id, -AGAIN_SECONDS) < AGAIN_SECONDS:
            self._looked[job.id] = now
            if further := look().difference(job.request.policy.tags):
                self._office.pool.desk.journal.confine(job.id, further, now)
