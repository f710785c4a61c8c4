"""The workers of a run: as many as fit, and a page for each that is free."""

import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from armarius.functions.contracts import PageFault, Reason
from armarius.functions.engine.pagework.hand import Hand, Heard
from armarius.functions.engine.pagework.message import Answer
from armarius.functions.engine.pagework.sizing import Means, Needs, workers
from armarius.functions.errors import EngineFault

LOOK_SECONDS = 0.25
MOST_PAGE_SECONDS = 3600.0
"""What a page may take. The largest that were seen take minutes."""

PAUSE_SECONDS = 10.0
"""What pages that are under way get when a pause is wished; after that they are dropped, and done anew later."""

Hire = Callable[["queue.Queue[Heard]", int], Hand]
"""Starts a worker, given where it is heard and its number."""


class Crew:
    """Does pages, in the given order, with as many workers as there are means for.

    A page whose worker dies, or runs out of memory, is given out once more, at the end; where memory may have been
    short, with one worker less. The second time it is left out.

    Args:
        pages: Their numbers, the largest first: so it is soon known what a worker takes at most, and all end together.
        means: What there is to work with.
        hire: Starts a worker.
        wanted_to_pause: Tells whether to stop.
    """

    def __init__(self, pages: Sequence[int], means: Means, hire: Hire, wanted_to_pause: Callable[[], bool]) -> None:
        self._left = deque(pages)
        self._means = means
        self._hire = hire
        self._wanted_to_pause = wanted_to_pause
        self._heard: queue.Queue[Heard] = queue.Queue()
        self._hands: list[Hand] = []
        self._hired = 0
        self._tried: set[int] = set()
        self._most: int | None = None
        self.needs = Needs()

    def work(self) -> Iterator[Answer]:
        """Yields what came of each page as it is known; ends early when a pause is wished.

        Raises:
            EngineFault: The models cannot be used.
        """
        try:
            while self._left or any(hand.page is not None for hand in self._hands):
                if self._wanted_to_pause():
                    yield from self._last_ones()
                    return
                self._fit()
                self._give_out()
                yield from self._listen(LOOK_SECONDS)
                yield from self._too_slow()
        finally:
            for hand in self._hands:
                hand.end()

    def _fit(self) -> None:
        """Hires up to the best number; lets those go that are free and too many."""
        busy = sum(hand.page is not None for hand in self._hands)
        best = workers(self._means, self.needs, len(self._left) + busy)
        best = best if self._most is None else max(1, min(best, self._most))
        while len(self._hands) < best:
            self._hands.append(self._hire(self._heard, self._hired))
            self._hired += 1
        for hand in [each for each in self._hands if each.is_free][: max(0, len(self._hands) - best)]:
            self._hands.remove(hand)
            hand.end()

    def _give_out(self) -> None:
        threads = max(1, self._means.cpus // len(self._hands))
        for hand in self._hands:
            if hand.is_free and self._left:
                hand.order(self._left.popleft(), threads, time.monotonic())

    def _listen(self, seconds: float) -> Iterator[Answer]:
        """Yields what the next word that is heard brings."""
        try:
            heard = self._heard.get(timeout=seconds)
        except queue.Empty:
            return
        hand, answer = heard.hand, heard.answer
        if hand not in self._hands:  # one that was let go
            return
        if answer is None:
            yield from self._died(hand)
        elif answer.reason is not None:
            raise EngineFault(answer.reason, answer.message)
        elif answer.number is None:
            hand.ready = True
        else:
            hand.page = None
            self.needs = self.needs.and_of(answer.memory, answer.gpu_memory, answer.gpu_whole)
            yield from self._or_once_more(answer)

    def _or_once_more(self, answer: Answer) -> Iterator[Answer]:
        """Yields an answer, unless another try may bring a better one."""
        assert answer.number is not None  # noqa: S101 - it is of a page
        if answer.fault is PageFault.OUT_OF_MEMORY and self._may_try_again(answer.number):
            self._at_most(len(self._hands) - 1)
        else:
            yield answer

    def _died(self, hand: Hand) -> Iterator[Answer]:
        """Concludes from the death of a worker; SIGKILL is what the kernel sends when memory is short.

        Raises:
            EngineFault: It never began, and nor did any other.
        """
        self._hands.remove(hand)
        hand.end()
        if hand.was_killed:
            self._at_most(len(self._hands))
        if hand.page is None:
            if not any(each.ready for each in self._hands):
                raise EngineFault(Reason.ENGINE_DIED, f"No process to work on pages could begin ({hand.how_ended}).")
            self._at_most(len(self._hands))
        elif not self._may_try_again(hand.page):
            said = f"The process that worked on it ended twice, the last time by {hand.how_ended}."
            yield Answer(number=hand.page, fault=PageFault.CRASHED, message=said)

    def _may_try_again(self, page: int) -> bool:
        """Puts a page back, the first time."""
        if page in self._tried:
            return False
        self._tried.add(page)
        self._left.append(page)
        return True

    def _at_most(self, number: int) -> None:
        self._most = max(1, min(number, self._most or number))

    def _too_slow(self) -> Iterator[Answer]:
        for hand in list(self._hands):
            if hand.page is not None and time.monotonic() - hand.since > MOST_PAGE_SECONDS:
                self._hands.remove(hand)
                hand.end()
                said = f"It took longer than {MOST_PAGE_SECONDS / 60:.0f} minutes."
                yield Answer(number=hand.page, fault=PageFault.TOO_SLOW, message=said)

    def _last_ones(self) -> Iterator[Answer]:
        """Yields the pages under way that are done within some seconds."""
        self._left.clear()
        end = time.monotonic() + PAUSE_SECONDS
        while any(hand.page is not None for hand in self._hands) and time.monotonic() < end:
            yield from self._listen(LOOK_SECONDS)
