"""What is remembered of each training, in the journal's database: nothing of it is in eScriptorium's own tables."""

from armarius.client.escriptorium.record.ledger import Asked, Ledger, ModelBusy
from armarius.client.escriptorium.record.tables import Phase, SiteRow, TrainingRow

__all__ = ["Asked", "Ledger", "ModelBusy", "Phase", "SiteRow", "TrainingRow"]
