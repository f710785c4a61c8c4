"""Who waits to hear whether a user endpoint has started."""

import asyncio


class Starts:
    """What user endpoints report when they start, for those submissions that wait for it."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[str | None]]] = {}

    def tell(self, user_endpoint: str, error: str | None) -> None:
        """Passes on that a user endpoint runs, or why it could not start."""
        for future in self._waiting.pop(user_endpoint, set()):
            if not future.done():
                future.set_result(error)

    async def error_of(self, user_endpoint: str, patience: float) -> str | None:
        """Waits for a user endpoint's report.

        Returns:
            Why it could not start; None if it runs, or has said nothing within the patience (in seconds).
        """
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user_endpoint, set()).add(future)
        try:
            return await asyncio.wait_for(future, patience)
        except asyncio.TimeoutError:
            return None
        finally:
            self._waiting.get(user_endpoint, set()).discard(future)
