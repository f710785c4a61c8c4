"""A site as the page "Compute pool" shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from armarius.client.escriptorium.pages.standing import Standing, begun
from armarius.client.escriptorium.pages.whereabouts import site_of
from armarius.client.escriptorium.record import SiteRow
from armarius.client.journal import Drain, JobRow
from armarius.client.journal.sitetables import SiteRow as HeardRow
from armarius.client.placement.tidings import understood
from armarius.client.words import count, duration, moment, size
from armarius.functions.contracts import QueueReport, Shape


@dataclass(frozen=True)
class ShapeSeen:
    """A slice of a machine that a site offers.

    Attributes:
        name: Of the shape.
        size: What is in it.
        wait: When a job would start that were submitted now.
        waits: The same for each walltime, in words.
    """

    name: str
    size: str
    wait: str
    waits: tuple[str, ...]


@dataclass(frozen=True)
class SiteSeen:
    """A site.

    Attributes:
        row: What is written of it.
        heard: When it last answered; 0 if never.
        drain: Since or from when it takes nothing new, by whom; None if nobody said so.
        standing: How it is.
        shapes: What it offers.
        running: How many jobs it computes.
        waiting: How many it has that it does not compute yet.
        kraken: The version of its engine; empty if nobody knows.
    """

    row: SiteRow
    heard: float
    drain: Drain | None
    standing: Standing
    shapes: tuple[ShapeSeen, ...]
    running: int
    waiting: int
    kraken: str


def site_seen(
    row: SiteRow, heard: HeardRow | None, jobs: Sequence[JobRow], drain: Drain | None, now: float
) -> SiteSeen:
    """Returns a site as pages show it.

    Args:
        row: What is written of it.
        heard: What was last heard of it; None if it was never asked.
        jobs: All that have not ended.
        drain: Since or from when it takes nothing new; None if nobody said so.
        now: Seconds since 1970.
    """
    drain = None if drain is None or drain.is_over(now) else drain
    here = [job for job in jobs if site_of(job) == row.name]
    running, report = sum(map(begun, here)), understood(heard)
    queue = report.queue if report is not None else None
    return SiteSeen(
        row,
        heard.heard if heard is not None else 0.0,
        drain,
        _standing(row, heard, queue, drain, now),
        tuple(_shape(shape, queue) for shape in row.shapes),
        running,
        len(here) - running,
        (report.versions.kraken or "") if report is not None else "",
    )


def _standing(
    row: SiteRow, heard: HeardRow | None, queue: QueueReport | None, drain: Drain | None, now: float
) -> Standing:
    if row.closed:
        return Standing(_("Drained"), _("Its site file says that it takes no new trainings."), "mild")
    if drain is not None and drain.holds(now):
        return Standing(_("Drained"), _drained(drain), "mild")
    if heard is not None and heard.silent is not None:
        return Standing(_("No answer"), heard.trouble, "bad")
    if heard is None or not heard.heard:
        return Standing(_("Not asked yet"), _("It is asked when somebody drives trainings."), "off")
    trouble = queue.trouble if queue is not None else ""
    return Standing(_("Online"), trouble or (_will_be_drained(drain) if drain is not None else ""), "good")


def _drained(drain: Drain) -> str:
    if drain.empties:
        said = _("%(user)s empties it: what runs there goes on elsewhere, nothing new begins.")
    else:
        said = _("%(user)s has drained it: what runs there goes on, nothing new begins.")
    until = "" if drain.ends is None else _(" Until %(moment)s.") % {"moment": moment(drain.ends)}
    return str(said % {"user": drain.by}) + str(until)


def _will_be_drained(drain: Drain) -> str:
    return str(_("It is drained from %(moment)s on.") % {"moment": moment(drain.begins)})


def _shape(shape: Shape, queue: QueueReport | None) -> ShapeSeen:
    parts = [count(shape.cpus, "CPU"), size(shape.memory)]
    parts += [count(shape.gpus, "GPU")] if shape.gpus else []
    waits = [each for each in queue.waits if each.shape == shape.name] if queue is not None else []
    known = [each.seconds for each in waits if each.seconds is not None]
    told = tuple(f"{each.walltime}: {_wait(each.seconds) if each.seconds is not None else each.refusal or '–'}"
                 for each in waits)  # fmt: skip
    return ShapeSeen(shape.name, ", ".join(parts), _wait(min(known)) if known else "", told)


def _wait(seconds: float) -> str:
    return str(_("at once")) if seconds < 1 else str(_("in %(time)s") % {"time": duration(seconds)})
