"""How fast pages are done, and when the last will be."""

from collections import deque

WINDOW = 50
"""Pages that the speed is taken from: the newest, for a run gets more workers as it learns what one takes."""


class Pace:
    """The pace of a run.

    Args:
        whole: Pages of the dataset.
        done: Those of them that were done before.
    """

    def __init__(self, whole: int, done: int) -> None:
        self.whole = whole
        self.done = done
        self._times: deque[float] = deque(maxlen=WINDOW + 1)

    def add(self, now: float) -> None:
        """Takes note of a page.

        Args:
            now: Seconds by any clock that only goes forward.
        """
        self.done += 1
        self._times.append(now)

    def per_second(self) -> float | None:
        """Returns pages per second; None before there are two of them."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return None
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])

    def seconds_left(self) -> float | None:
        """Returns the seconds to the end, if it goes on so; None where nobody knows."""
        speed = self.per_second()
        return None if speed is None else (self.whole - self.done) / speed
