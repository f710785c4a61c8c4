"""The ways to a site under somebody's own account there."""

from weakref import WeakValueDictionary

from armarius.client.adapters.globus.account import AccountOf
from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute import GlobusCompute
from armarius.client.adapters.globus.compute.service import Hub, make_hub
from armarius.client.config import GlobusSiteConfig, OwnCollection
from armarius.client.jobs.people import PersonalLink, SiteLink
from armarius.client.jobs.places import place_of
from armarius.client.journal import Journal
from armarius.client.ports import Keys


class PersonalLinks:
    """Makes them. All calls of a job go under its owner's account; files move by the pool's own identity.

    Args:
        keys: That people have lent.
        own: The pool's collection.
        journal: Where transfers are written down.
    """

    def __init__(self, keys: Keys, own: OwnCollection, journal: Journal) -> None:
        self._keys = keys
        self._own = own
        self._journal = journal
        self._hubs: WeakValueDictionary[tuple[str, str], Hub] = WeakValueDictionary()
        """Two sites of one person share the requests that Globus Compute allows them."""

    def __call__(self, common: SiteLink, identity: str) -> PersonalLink:
        """Makes the ways to a site. Nothing is sent.

        Raises:
            AccountNeeded: There is no key that fits.
        """
        from armarius.client.adapters.globus.transfer.route import Route
        from armarius.client.adapters.globus.transfer.service import transfer_client
        from armarius.client.adapters.globus.transfer.staging import GlobusStaging

        site = common.config
        if not isinstance(site, GlobusSiteConfig):
            raise TypeError(f"{site.name} has no accounts of people")
        named = site.model_copy(update={"name": place_of(site.name, identity)})
        app = self._keys.app(identity)
        compute = GlobusCompute(named, app, hub=self._hub(identity))
        route = Route(named.name, site.data, self._own, AccountOf(named.name, compute))
        staging = GlobusStaging(route, compute, transfer_client(globus_app()), self._journal.transfers)
        return PersonalLink(named, compute, staging, compute.hang_up)

    def _hub(self, identity: str) -> Hub:
        key = (identity, self._keys.stamp(identity) or "")
        hub = self._hubs.get(key)
        if hub is None:
            hub = self._hubs[key] = make_hub(self._keys.app(identity))
        return hub
