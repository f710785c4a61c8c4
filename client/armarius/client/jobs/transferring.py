"""What every step that waits for a transfer does: look at it, begin it, say why it was given up."""

from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.ports import TransferState, TransferView

MOST_ATTEMPTS = 3
"""How often a transfer is begun that fails for a reason which may pass."""

STALLED = 600.0
"""Seconds without a byte after which a transfer is not waited for any more, if its site does not answer either."""


def watch_transfer(desk: Desk, link: SiteLink, transfer: str) -> TransferView:
    """Tells how a transfer stands, and notes it for those who look at the job."""
    view = link.staging.status(transfer)
    if view.state is not TransferState.UNKNOWN:
        desk.journal.transfers.show(transfer, view, desk.clock.now())
    return view


def has_stalled(desk: Desk, *transfers: str) -> bool:
    """Tells whether nothing of some transfers has moved for long, as far as was noted."""
    rows = [desk.journal.transfers.read(name) for name in transfers]
    moved = max((row.shown for row in rows if row is not None), default=0.0)
    return not 0 <= desk.clock.now() - moved < STALLED


def may_begin(view: TransferView) -> bool:
    """Tells whether a transfer is to be begun, for the first time or once more."""
    if view.state is TransferState.FAILED:
        return view.transient and view.attempt < MOST_ATTEMPTS
    return view.state is TransferState.UNKNOWN


def why_given_up(view: TransferView) -> str:
    """Says why a transfer is not begun once more."""
    return f"{view.error} It was tried {view.attempt} times." if view.attempt > 1 else view.error
