"""Can users connect accounts of their own, and are those still good that they have connected?"""

import os
from collections.abc import Iterator

from armarius.client.adapters.globus.app import NATIVE_ID_VARIABLE
from armarius.client.config import GlobusSiteConfig
from armarius.client.escriptorium.accounts.book import opened_accounts
from armarius.client.escriptorium.check.verdict import Verdict
from armarius.client.escriptorium.options import pool_config
from armarius.client.escriptorium.record.sealing import KEYS_VARIABLE, CannotOpen, Seal


def accounts() -> Iterator[Verdict]:
    """Tells so, where the admin has set a key for them, or a site has such accounts."""
    own = [site.name for site in pool_config().sites if isinstance(site, GlobusSiteConfig) and site.own_accounts]
    if not os.environ.get(KEYS_VARIABLE):
        if own:
            said = f"{', '.join(own)} has accounts of people's own, and {KEYS_VARIABLE} is not set"
            yield Verdict("accounts", "note", said, "See docs/escriptorium.md, Connect your HPC account.")
        return
    if not own:
        yield Verdict("accounts", "note", "no site has accounts of people's own", "own_accounts = true in its file.")
    if not os.environ.get(NATIVE_ID_VARIABLE):
        yield Verdict("accounts", "wrong", f"{NATIVE_ID_VARIABLE} is not set", "See docs/escriptorium.md.")
    yield _connected(Seal.from_environment())


def _connected(seal: Seal) -> Verdict:
    with opened_accounts() as book:
        rows = book.all()
    closed = 0
    for row in rows:
        try:
            seal.open(row.user, row.sealed)
        except CannotOpen:
            closed += 1
    if closed:
        said = f"{closed} of {len(rows)} connected accounts cannot be decrypted"
        return Verdict("accounts", "wrong", said, f"Is a former key missing in {KEYS_VARIABLE}?")
    broken = sum(1 for row in rows if row.broken)
    return Verdict("accounts", "ok", f"{len(rows)} are connected, {broken} of them must be connected again")
