"""The two ways to one site."""

from armarius.client.adapters.globus.account import AccountOf
from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute import GlobusCompute
from armarius.client.config import GlobusSiteConfig, OwnCollection
from armarius.client.jobs.desk import SiteLink
from armarius.client.journal import Journal


def globus_link(site: GlobusSiteConfig, own: OwnCollection, journal: Journal) -> SiteLink:
    """Makes the ways to a site; nothing is sent before they are used. Files move by the pool's own identity."""
    from armarius.client.adapters.globus.transfer.route import Route
    from armarius.client.adapters.globus.transfer.service import transfer_client
    from armarius.client.adapters.globus.transfer.staging import GlobusStaging

    own_app = globus_app()
    compute = GlobusCompute(site, globus_app(site.identity) if site.identity else own_app)
    route = Route(site.name, site.data, own, AccountOf(site.name, compute))
    return SiteLink(site, compute, GlobusStaging(route, compute, transfer_client(own_app), journal.transfers))
