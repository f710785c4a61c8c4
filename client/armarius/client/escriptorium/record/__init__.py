"""What is remembered of each training, and of each task that does pages, in the journal's database.

Nothing of it is in eScriptorium's own tables.
"""

from armarius.client.escriptorium.record.asked import Asked
from armarius.client.escriptorium.record.ledger import Ledger, ModelBusy
from armarius.client.escriptorium.record.tables import Phase, PressedRow, SiteRow, TrainingRow

__all__ = ["Asked", "Ledger", "ModelBusy", "Phase", "PressedRow", "SiteRow", "TrainingRow"]
