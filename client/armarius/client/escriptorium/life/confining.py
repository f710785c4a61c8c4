"""Where the pages of a training may go: looked up when it becomes a job, and again and again until it ends."""

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
    chosen = office.options
    if not chosen.project_tags and not chosen.document_tags:
        return frozenset()
    parts = wanted(row.task, row.arguments_json).parts
    return site_tags_for(parts, chosen.project_tags, chosen.document_tags)


class Confining:
    """Makes the policy of jobs stricter when their documents ask for more than at the beginning; never looser.

    Args:
        office: The pool, what is remembered, and the settings.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._looked: dict[str, float] = {}

    def tend(self, row: TrainingRow, job: JobRow) -> None:
        """Looks at the documents of a training, if that was not done a moment ago."""
        now = self._office.now()
        if job.state.final:
            self._looked.pop(row.id, None)
        elif not 0 <= now - self._looked.get(row.id, -AGAIN_SECONDS) < AGAIN_SECONDS:
            self._looked[row.id] = now
            if further := tags_now(self._office, row).difference(job.request.policy.tags):
                self._office.pool.desk.journal.confine(job.id, further, now)
