"""How a site stands, in figures that people look at: nothing of it decides anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

from armarius.client.config import AnySiteConfig, LocalSiteConfig
from armarius.client.journal.drains import Drain
from armarius.client.journal.sitelog import Load
from armarius.client.journal.sitetables import SiteRow, SpeedRow
from armarius.client.placement.tidings import understood
from armarius.functions.contracts import QueueReport, SiteReport

State = Literal["online", "full", "silent", "drained", "being emptied", "not asked"]
"""The first that is true of: being emptied, drained, silent, full."""


@dataclass(frozen=True)
class Rate:
    """How fast a site trained, or did pages.

    Attributes:
        shape: On which slice of a machine.
        kind: Of model, or "segment" or "transcribe".
        pixels_per_second: The median of its newest runs, validations and checkpoints included. Of work on pages, each
            counts as one of 1800 x 1300 pixels.
        runs: How many that rests on.
    """

    shape: str
    kind: str
    pixels_per_second: float
    runs: int


@dataclass(frozen=True)
class SiteStanding:
    """A site as it was last heard of.

    Attributes:
        name: Its name.
        kind: How it is reached.
        state: In a word.
        heard: When it last answered, in seconds since 1970; None if it never did.
        silent_since: Since when it has not; None while it does.
        trouble: Why not, or what its queue could not tell.
        kraken: The version of its engine; empty if that is not known.
        shapes: The slices of a machine that it offers.
        walltimes: What may be asked for.
        free: How many runs of each shape could start at once, as far as that is known.
        running: Runs of the pool that it computes.
        waiting: Runs of the pool that it has, and that have not begun.
        limit: Runs of the pool at once; None for no limit.
        starts_in: Seconds until the scheduler would start a run of each shape, at the shortest walltime.
        rates: What was measured.
        kept: Bytes of datasets and models that it keeps; None if it does not tell.
        cache_limit: Bytes that its operator lets it keep; None if it does not tell, or for no limit.
        disk_free: Bytes free there; None before its first answer.
        closes: From when on it will be drained; None if nobody said so.
        queue: What its scheduler said, as in a QueueReport; None if it has none, or did not tell.
    """

    name: str
    kind: str
    state: State
    heard: float | None = None
    silent_since: float | None = None
    trouble: str = ""
    kraken: str = ""
    shapes: tuple[str, ...] = ()
    walltimes: tuple[str, ...] = ()
    free: Mapping[str, int] = field(default_factory=dict)
    running: int = 0
    waiting: int = 0
    limit: int | None = None
    starts_in: Mapping[str, float] = field(default_factory=dict)
    rates: tuple[Rate, ...] = ()
    kept: int | None = None
    cache_limit: int | None = None
    disk_free: int | None = None
    closes: float | None = None
    queue: Mapping[str, Any] | None = None


def standing_of(
    config: AnySiteConfig,
    row: SiteRow | None,
    load: Load,
    speeds: Sequence[SpeedRow],
    drain: Drain | None = None,
    now: float = 0.0,
) -> SiteStanding:
    """Puts together what is known of a site.

    Args:
        config: Its file.
        row: What was last heard of it.
        load: What the pool has there.
        speeds: How fast it computed.
        drain: Since or from when it takes nothing new; None if nobody said so in the journal.
        now: Seconds since 1970.
    """
    report = understood(row)
    queue = report.queue if report else None
    free = _free(config, queue, load)
    silent = row.silent if row else None
    return SiteStanding(
        config.name,
        config.kind,
        _drained(config, drain, now) or _state(config, row, load, free),
        (row.heard or None) if row else None,
        silent,
        row.trouble if row and silent is not None else queue.trouble if queue else "",
        (report.versions.kraken or "") if report else "",
        tuple(shape.name for shape in config.shapes),
        config.walltimes,
        free,
        load.running,
        load.waiting,
        config.limit,
        starts_in(queue),
        rates_of(speeds),
        *_kept(report),
        report.disk_free if report else None,
        drain.begins if drain is not None and drain.is_ahead(now) else None,
        queue.model_dump(mode="json") if queue else None,
    )


def starts_in(queue: QueueReport | None) -> dict[str, float]:
    """Returns for each shape when a run of the shortest walltime would start, by the scheduler's own estimate."""
    waits: dict[str, float] = {}
    for wait in queue.waits if queue else ():
        if wait.seconds is not None:
            waits[wait.shape] = min(wait.seconds, waits.get(wait.shape, wait.seconds))
    return waits


def rates_of(speeds: Sequence[SpeedRow]) -> tuple[Rate, ...]:
    """Returns how fast each shape trained each kind of model."""
    kinds = sorted({(row.shape, row.kind) for row in speeds})
    measured = {key: [row.seconds_per_pixel for row in speeds if (row.shape, row.kind) == key] for key in kinds}
    return tuple(Rate(*key, 1 / median(seconds), len(seconds)) for key, seconds in measured.items())


def _drained(config: AnySiteConfig, drain: Drain | None, now: float) -> State | None:
    if drain is not None and drain.is_emptying(now):
        return "being emptied"
    return "drained" if config.drained or (drain is not None and drain.holds(now)) else None


def _state(config: AnySiteConfig, row: SiteRow | None, load: Load, free: Mapping[str, int]) -> State:
    if row is None:
        return "not asked"
    if row.silent is not None:
        return "silent"
    reached = config.limit is not None and load.running + load.waiting >= config.limit
    return "full" if reached or (free and not any(free.values())) else "online"


def _free(config: AnySiteConfig, queue: QueueReport | None, load: Load) -> Mapping[str, int]:
    if isinstance(config, LocalSiteConfig):
        left = max(0, config.workers - load.running - load.waiting)
        return {shape.name: left for shape in config.shapes}
    return queue.free if queue else {}


def _kept(report: SiteReport | None) -> tuple[int | None, int | None]:
    """Returns the bytes that a site keeps, and how many it may."""
    if report is not None and report.cache is not None:
        return report.cache.bytes, report.cache.limit
    contents = report.contents if report else None
    return (contents.blob_bytes + contents.compiled_bytes if contents else None), None
