"""What is asked for again, and when."""

from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from armarius.client.campaigns.errors import FetchFailed
from armarius.client.campaigns.web.turns import Wait

T = TypeVar("T")

LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of HTTP after which the very same may succeed later."""


class AskedToWait(FetchFailed):
    """A host is busy, or finds that we ask too much.

    Args:
        address: What was asked for.
        what: What it said.
        seconds: For how long it wants to be left alone; None if it does not say.
    """

    transient = True

    def __init__(self, address: str, what: str, seconds: float | None = None) -> None:
        super().__init__(address, what, True)
        self.seconds = seconds


def seconds_asked(header: str | None, now: float) -> float | None:
    """Reads Retry-After: seconds, or a date.

    Args:
        header: As it came.
        now: Seconds since 1970.
    """
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header.strip()[:9])
    try:
        then = parsedate_to_datetime(header)
        return max(0.0, (then if then.tzinfo else then.replace(tzinfo=timezone.utc)).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


def utc_now() -> float:
    """Returns the seconds since 1970."""
    return datetime.now(timezone.utc).timestamp()


def retried(ask: Callable[[], T], tries: int, patience: float, wait: Wait) -> T:
    """Asks until there is an answer, an error that time does not cure, or no try left.

    Between two tries there is a random time that doubles (tenacity's "full jitter"), or what the host asked for.

    Args:
        ask: What to try.
        tries: How often.
        patience: The longest wait in seconds that a host may ask for; after a longer one, there is no further try.
        wait: How to wait.

    Raises:
        FetchFailed: That of the last try.
    """
    usual = wait_random_exponential(multiplier=0.5, max=30)

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return asked if (asked := getattr(error, "seconds", None)) is not None else usual(state)

    def worth_it(error: BaseException) -> bool:
        return isinstance(error, FetchFailed) and error.transient and (getattr(error, "seconds", None) or 0) <= patience

    loop = Retrying(
        stop=stop_after_attempt(tries), wait=pause, retry=retry_if_exception(worth_it), sleep=wait, reraise=True
    )
    return loop(ask)
