"""Pages that were deleted while they were away: nobody waits for them any more."""

from armarius.client.escriptorium.host import parts
from armarius.client.escriptorium.life.confining import AGAIN_SECONDS
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.pressing.batching import Batch
from armarius.client.escriptorium.record import PressedRow


class Deleted:
    """Looks whether the pages of tasks are still there, as often as where they may go.

    Args:
        office: The pool, what is remembered, and the settings.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._looked: dict[str, float] = {}

    def tasks(self, batch: Batch) -> list[PressedRow]:
        """Returns the tasks of a job of which no page is left; none if that was looked at a moment ago."""
        now = self._office.now()
        self._looked = {job: at for job, at in self._looked.items() if 0 <= now - at < AGAIN_SECONDS}
        if batch[0].job in self._looked:
            return []
        self._looked[batch[0].job] = now
        wanted = [row for row in batch if row.holds]
        left = parts.documents_of([part for row in wanted for part in row.parts_json])
        return [row for row in wanted if left.keys().isdisjoint(row.parts_json)]
