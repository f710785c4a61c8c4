"""Telling "cannot be reached" from "lost": how long a site may be silent before its runs go on elsewhere."""

from armarius.client.config import seconds_of
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.places import site_of
from armarius.functions.contracts import ArmariusError


def note_silence(desk: Desk, site: str, error: ArmariusError) -> None:
    """Notes that a site did not answer; since when, is kept."""
    desk.scout.silent.add(site)
    desk.scout.forget(site)
    desk.journal.sites.did_not_answer(site, error.message, desk.clock.now())


def note_answer(desk: Desk, site: str) -> None:
    """Notes that a site answers again, if this driver does not know that it does."""
    if site not in desk.scout.answering or site in desk.scout.silent:
        desk.journal.sites.is_back(site, desk.clock.now())
        desk.scout.forget(site)
        desk.scout.answering.add(site)
        desk.scout.silent.discard(site)


def is_over(desk: Desk, site: str) -> bool:
    """Tells whether a site has been silent for longer than its patience: its runs may be given up.

    A site that is configured no more is nobody's to be patient with, and nobody's to give up: its file may come back.
    """
    link = desk.sites.get(site_of(site))
    return link is not None and is_silent(desk, site, seconds_of(link.config.patience))


def is_silent(desk: Desk, site: str, seconds: float) -> bool:
    """Tells whether a site has been silent for so long."""
    row = desk.journal.sites.read(site)
    return row is not None and row.silent is not None and desk.clock.now() - row.silent >= seconds
