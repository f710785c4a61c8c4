"""Keys that people have lent, as a test says, and sites that keep apart whose runs are whose."""

from typing import Any
from uuid import UUID

from armarius.client.config import DataPath, GlobusSiteConfig
from armarius.client.errors import AccountNeeded
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.people import People, PersonalLink, SiteLink
from armarius.client.jobs.places import place_of
from armarius.client.testing import FakeSite, FakeStaging
from support.desk import SHA, SMALL, WEIGHTS, Bench


class FakeKeys:
    """Fulfils ``Keys``.

    Attributes:
        stamps: Who has lent one, and which.
    """

    def __init__(self, stamps: dict[str, str]) -> None:
        self.stamps = stamps

    def stamp(self, identity: str) -> str | None:
        return self.stamps.get(identity)

    def app(self, identity: str) -> Any:
        if identity not in self.stamps:
            raise AccountNeeded(f"{identity} has lent none.")
        return identity


class Cluster:
    """A site on which everybody has an account of their own, each a fake site for itself.

    Attributes:
        sites: By identity, and under None the pool's.
        hung_up: Whose line was given up, in order.
        closed: Whose ways were.
    """

    def __init__(self, made: Bench, keys: FakeKeys) -> None:
        self.made, self.keys = made, keys
        self.sites: dict[str | None, FakeSite] = {None: made.site}
        self.hung_up: list[str] = []
        self.closed: list[str] = []
        self.people = People(keys, self._make, made.clock)
        self.config = GlobusSiteConfig(
            name="alpha",
            endpoint=UUID(int=1),
            data=DataPath(collection=UUID(int=2), root="/home/{account}/armarius"),
            functions={},
            shapes=(SMALL,),
            own_accounts=True,
            pace=0.5,
        )

    @property
    def common(self) -> SiteLink:
        return SiteLink(self.config, self.made.site, self.made.staging)

    def desk(self) -> Desk:
        return Desk(self.made.journal, {"alpha": self.common}, self.made.clock, "elsewhere|one|1", people=self.people)

    def _make(self, common: SiteLink, identity: str) -> PersonalLink:
        self.keys.app(identity)
        site = self.sites.setdefault(identity, FakeSite())
        site.close = lambda: self.closed.append(identity)
        staging = FakeStaging(site)
        staging.content[SHA] = WEIGHTS
        config = common.config.model_copy(update={"name": place_of(common.config.name, identity)})
        return PersonalLink(config, site, staging, lambda: self.hung_up.append(identity))
