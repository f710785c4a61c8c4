"""Submissions that wait to hear whether their user endpoint has started."""

import asyncio


class StartFailed(Exception):
    """A user endpoint could not start; says why."""


class StartUnheard(Exception):
    """A user endpoint has not reported in time."""


class Starts:
    """What user endpoints report when they start. One submission at a time can wait for each."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[str | None]] = {}

    def tell(self, user_endpoint: str, error: str | None) -> None:
        """Passes on that a user endpoint runs, or why it could not start."""
        future = self._waiting.get(user_endpoint)
        if future is not None and not future.done():
            future.set_result(error)

    def is_awaited(self, user_endpoint: str) -> bool:
        """Tells whether a submission waits for a user endpoint."""
        return user_endpoint in self._waiting

    async def wait(self, user_endpoint: str, patience: float) -> None:
        """Waits until a user endpoint says that it runs.

        Args:
            user_endpoint: Its id.
            patience: How long, in seconds.

        Raises:
            StartFailed: It says that it could not start.
            StartUnheard: It says nothing.
        """
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting[user_endpoint] = future
        try:
            error = await asyncio.wait_for(future, patience)
        except asyncio.TimeoutError as silence:
            raise StartUnheard(user_endpoint) from silence
        finally:
            del self._waiting[user_endpoint]
        if error is not None:
            raise StartFailed(error)
