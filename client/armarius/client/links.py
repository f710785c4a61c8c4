"""From the configuration to the ways in which sites are reached."""

from pathlib import Path

from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.local_staging import LocalStaging
from armarius.client.adapters.parsl_compute import ParslCompute
from armarius.client.config import AnySiteConfig, GlobusSiteConfig, LocalSiteConfig, PoolConfig, SlurmSiteConfig
from armarius.client.errors import ConfigurationError
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.owner import this_process
from armarius.client.jobs.people import People
from armarius.client.journal import Journal
from armarius.client.ports import Clock, Keys


def open_desk(config: PoolConfig, journal: Journal, keys: Keys | None = None) -> Desk:
    """Gives a driver its desk; its name in leases is this process.

    Args:
        config: The sites.
        journal: Where all is written down.
        keys: What people have lent, if anybody has.
    """
    links = {site.name: _link(site, config, journal) for site in config.sites}
    clock = SystemClock()
    people = _people(config, journal, keys, clock) if keys is not None else None
    return Desk(journal, links, clock, this_process(), config.accounts, people=people, data_rules=config.data_rules)


def _people(config: PoolConfig, journal: Journal, keys: Keys, clock: Clock) -> People | None:
    if config.own is None or not any(isinstance(site, GlobusSiteConfig) and site.own_accounts for site in config.sites):
        return None
    from armarius.client.adapters.globus.people import PersonalLinks

    return People(keys, PersonalLinks(keys, config.own, journal), clock)


def _link(site: AnySiteConfig, pool: PoolConfig, journal: Journal) -> SiteLink:
    """Makes the ways to one site. Globus is imported for those that need it alone: it takes its time."""
    if isinstance(site, LocalSiteConfig | SlurmSiteConfig):
        return SiteLink(site, ParslCompute(site), LocalStaging(Path(site.root)))
    if pool.own is None:
        raise ConfigurationError(f"{site.name} is reached by Globus: pool.toml must name this machine's collection.")
    from armarius.client.adapters.globus import globus_link

    return globus_link(site, pool.own, journal)
