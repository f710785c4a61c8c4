"""Whether a training goes to the pool, or eScriptorium trains itself as before."""

import logging
import time

from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.host import people
from armarius.client.escriptorium.options import Options, options, pool_config
from armarius.client.escriptorium.record import Asked
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)

OUTAGE_SECONDS = 300.0
"""How long nobody may have driven the pool, or reached a site, before that is an outage."""


def goes_to_pool(asked: Asked) -> bool:
    """Decides where a training is computed."""
    chosen = options()
    if not meant_for_pool(asked, chosen):
        return False
    if chosen.on_outage == "wait":
        return True
    why = outage()
    if why:
        _LOG.warning("model %s is trained by eScriptorium itself: %s", asked.model, why)
    return not why


def meant_for_pool(asked: Asked, chosen: Options) -> bool:
    """Tells whether the settings send a user's trainings to the pool."""
    user = people.find_user(asked.user)
    name = user.get_username() if user is not None else ""
    if name in chosen.local_users or people.belongs_to(user, chosen.local_groups):
        return False
    if not chosen.only_users and not chosen.only_groups:
        return True
    return name in chosen.only_users or people.belongs_to(user, chosen.only_groups)


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
