"""The sites as a driver sees them, each with wrappers around its ports."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from armarius.client.jobs.desk import SiteLink
from armarius.client.jobs.people import PersonalLink
from armarius.client.jobs.places import site_of
from armarius.client.metrics.instruments import Instruments
from armarius.client.metrics.ports import CountedCompute, CountedStaging


class CountedSites(Mapping[str, SiteLink]):
    """Sites whose calls are counted. What else a site says of itself is asked for each time: it may be drained.

    Args:
        sites: As they are.
        instruments: On which.
    """

    def __init__(self, sites: Mapping[str, SiteLink], instruments: Instruments) -> None:
        self._sites = sites
        self._instruments = instruments
        self._wrapped = {name: counted(link, instruments) for name, link in sites.items()}

    def __getitem__(self, name: str) -> SiteLink:
        wrapped = self._wrapped[name]
        return replace(self._sites[name], compute=wrapped.compute, staging=wrapped.staging)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sites)

    def __len__(self) -> int:
        return len(self._sites)


def counted(link: SiteLink, instruments: Instruments) -> SiteLink:
    """Wraps the ports of a site; those of a person's own account there count as the site's."""
    site = site_of(link.config.name)
    return replace(
        link,
        compute=CountedCompute(link.compute, instruments, site),
        staging=CountedStaging(link.staging, instruments, site),
    )


def counted_person(link: PersonalLink, instruments: Instruments) -> PersonalLink:
    """Wraps the ports of a site under somebody's own account."""
    wrapped = counted(link, instruments)
    return replace(link, compute=wrapped.compute, staging=wrapped.staging)
