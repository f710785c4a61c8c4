"""The sites of the pool, some of which an administrator has drained on a page."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from armarius.client.jobs.desk import SiteLink


class DrainableSites(Mapping[str, SiteLink]):
    """The sites as a driver sees them: those that are drained say so, whatever their site file says.

    A driver reads its site files once; what is drained while it runs comes from here.

    Args:
        sites: As they were configured.
        drained: The names of those that are drained; whoever has this set may change it at any time.
    """

    def __init__(self, sites: Mapping[str, SiteLink], drained: set[str]) -> None:
        self._sites = sites
        self._drained = drained

    def __getitem__(self, name: str) -> SiteLink:
        link = self._sites[name]
        if name not in self._drained or link.config.drained:
            return link
        return replace(link, config=link.config.model_copy(update={"drained": True}))

    def __iter__(self) -> Iterator[str]:
        return iter(self._sites)

    def __len__(self) -> int:
        return len(self._sites)
