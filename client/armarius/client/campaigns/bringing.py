"""Bringing several images at once, while the campaign goes on."""

from collections.abc import Iterator
from concurrent.futures import Executor, Future, wait

from armarius.client.campaigns.asked import PageAsked
from armarius.client.campaigns.images import Brought, Images


class Bringing:
    """Images that are under way.

    Args:
        images: Brings one.
        executor: In which that happens.
        most: How many may be under way, or wait for a thread.
    """

    def __init__(self, images: Images, executor: Executor, most: int) -> None:
        self._images, self._executor, self._most = images, executor, most
        self._under_way: dict[Future[Brought], PageAsked] = {}

    @property
    def room(self) -> int:
        """How many more may be brought."""
        return self._most - len(self._under_way)

    @property
    def is_busy(self) -> bool:
        """Whether any is under way."""
        return bool(self._under_way)

    def pages(self) -> set[int]:
        """Returns the pages whose images are under way."""
        return {page.number for page in self._under_way.values()}

    def begin(self, page: PageAsked) -> None:
        """Begins to bring one."""
        self._under_way[self._executor.submit(self._images.bring, page)] = page

    def arrived(self) -> Iterator[tuple[PageAsked, Future[Brought]]]:
        """Yields those that have ended since the last time, with how."""
        for future in [future for future in self._under_way if future.done()]:
            yield self._under_way.pop(future), future

    def wait(self, seconds: float) -> None:
        """Waits until all have ended, at most for some seconds: what comes meanwhile is written down together."""
        wait(self._under_way, timeout=seconds)
