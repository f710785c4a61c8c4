"""Whether what is asked goes to the pool, or eScriptorium does it itself as before."""

import logging
import time
from typing import Any

from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.host import people
from armarius.client.escriptorium.options import PAGE_TASKS, Options, options, pool_config
from armarius.client.escriptorium.pressing.wish import can_be_done
from armarius.client.escriptorium.record import Asked
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)

OUTAGE_SECONDS = 300.0
"""How long nobody may have driven the pool, or reached a site, before that is an outage."""


def goes_to_pool(asked: Asked, queue: str = "") -> bool:
    """Decides where something is computed.

    Args:
        asked: What was asked.
        queue: By which its message came.
    """
    chosen = options()
    if not meant_for_pool(asked, chosen):
        return False
    if asked.task in PAGE_TASKS and not _are_pages_meant(asked, chosen, queue):
        return False
    if chosen.on_outage == "wait":
        return True
    why = outage()
    if why:
        _LOG.warning("%s %s is done by eScriptorium itself: %s", asked.task, asked.task_id, why)
    return not why


def meant_for_pool(asked: Asked, chosen: Options) -> bool:
    """Tells whether the settings send a user's work to the pool."""
    user = people.find_user(asked.user)
    name = user.get_username() if user is not None else ""
    if name in chosen.local_users or people.belongs_to(user, chosen.local_groups):
        return False
    return _is_one_of(user, chosen.only_users, chosen.only_groups)


def _are_pages_meant(asked: Asked, chosen: Options, queue: str) -> bool:
    """Tells whether pages go to the pool: whose they are, and by which queue they came. Masks alone never do."""
    if chosen.page_queues and queue not in chosen.page_queues:
        return False
    return can_be_done(asked) and _is_one_of(people.find_user(asked.user), chosen.page_users, chosen.page_groups)


def _is_one_of(user: Any, names: tuple[str, ...], groups: tuple[str, ...]) -> bool:
    """Tells whether a user is meant; where nobody is named, everybody is."""
    if not names and not groups:
        return True
    name = user.get_username() if user is not None else ""
    return name in names or people.belongs_to(user, groups)


def outage() -> str:
    """Says why nobody could take a training to a site now; nothing if somebody can."""
    try:
        with opened_ledger() as ledger:
            now = time.time()
            clerk, drained = ledger.clerk(), ledger.drains.drained(now)
        if all(site.drained or site.name in drained for site in pool_config().sites):
            return "All sites are drained."
    except ArmariusError as error:
        return str(error)
    if clerk.until < now - OUTAGE_SECONDS:
        return "Nobody drives the pool."
    return clerk.trouble if clerk.trouble and clerk.trouble_since < now - OUTAGE_SECONDS else ""
