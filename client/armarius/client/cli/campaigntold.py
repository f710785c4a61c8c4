"""How a campaign is told: live where a person looks, now and then a line where a file or a pipe does."""

import time
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from armarius.client.campaigns.standing import CampaignState, Standing
from armarius.client.words import count, ending, percent, time_of_day

LINE_SECONDS, LINE_SHARE = 60.0, 0.05
"""A line is told after so much time, or when so much more of the pages is through."""


class Teller:
    """Tells of one campaign while it goes on. Use it in a ``with`` block.

    Args:
        console: Where.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._state: CampaignState | None = None
        self._trouble = ""
        self._through, self._at = 0, 0.0

    def __enter__(self) -> "Teller":
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def seen(self, standing: Standing) -> None:
        """Tells what is new."""
        if self._live:
            self._live.update(_status(standing))
        if self._is_worth_a_line(standing):
            self._state, self._through, self._at = standing.state, standing.through, time.monotonic()
            self._print(brief(standing))
        if standing.now.trouble and standing.now.trouble != self._trouble:
            self._print(f"{standing.now.trouble} It is tried again.")
        self._trouble = standing.now.trouble or self._trouble

    def _is_worth_a_line(self, standing: Standing) -> bool:
        if standing.state is not self._state:
            return True
        if self._live:
            return False
        more = standing.through - self._through
        return more >= LINE_SHARE * standing.pages or (more > 0 and time.monotonic() - self._at >= LINE_SECONDS)

    def _print(self, text: str) -> None:
        line = f"{time_of_day(time.time())}  {text}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def brief(standing: Standing) -> str:
    """Says in a line how a campaign stands."""
    counts = standing.counts
    parts = [f"{standing.state.value:<10} {standing.through} of {count(standing.pages, 'page')}"]
    if counts["left out"]:
        parts.append(f"{counts['left out']} left out")
    if not standing.state.final:
        parts += [f"{counts['asked']} to fetch"] if counts["asked"] else []
        parts += [", ".join(f"{part.site} {part.done}/{part.pages}" for part in standing.now.parts)]
        if standing.now.seconds_left is not None:
            parts.append(ending(standing.now.at, standing.now.seconds_left, standing.now.seconds_left))
    parts.append(standing.why)
    return "   ".join(part for part in parts if part)


def standing_json(standing: Standing) -> dict[str, Any]:
    """Returns what programs may want to know of a campaign."""
    return {
        "id": standing.asked.id,
        "name": standing.asked.name,
        "source": standing.asked.source,
        "state": standing.state.value,
        "why": standing.why,
        "pages": standing.pages,
        "done": standing.counts["done"],
        "left_out": standing.counts["left out"],
        "counts": dict(standing.counts),
        "seconds_left": standing.now.seconds_left,
        "trouble": standing.now.trouble,
        "parts": [part.model_dump(mode="json") for part in standing.now.parts],
    }


def _status(standing: Standing) -> Group:
    table = Table.grid(padding=(0, 2))
    through, left = standing.through, standing.now.seconds_left
    table.add_row(
        ProgressBar(total=standing.pages, completed=through, width=30),
        f"{through} of {standing.pages}, {percent(through / standing.pages)}",
        ending(standing.now.at, left, left) if left is not None else "",
    )
    parts: list[Text | Table] = [Text(f"{standing.asked.name}: {standing.state.value}", style="bold"), table]
    for part in standing.now.parts:
        parts.append(Text(f"  {part.site}: {part.state}, {part.done} of {part.pages}"))
    if standing.now.trouble:
        parts.append(Text(standing.now.trouble, style="yellow"))
    return Group(*parts)
