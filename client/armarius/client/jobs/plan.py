"""From what is known of a training to the shape and the walltime to ask for. Pure arithmetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from armarius.client.jobs.priors import Prior
from armarius.client.placement.belief import Belief
from armarius.functions.contracts import CalibrationReport, Shape
from armarius.functions.frame import GPU_CONTEXT
from armarius.functions.watch import OVERHEAD, PAUSES

BESIDE = 160_000_000
"""Bytes of what stands beside the engine in the same job: the worker and the supervisor took 154 MB."""

MEMORY_MARGIN = 1.2
"""Asked over predicted memory, which creeps on for some epochs after the largest step; benchmarks/calibrate.py shows
by how much. What outgrows it all the same goes on in a larger shape."""

TIME_MARGIN = 1.15
"""Asked over predicted seconds; predictions are within 2 to 3 % where nothing else shares the machine."""

GUESS_MARGIN = 2.0
"""The same over seconds that are no more than a guess."""

HANDY = 3600.0
"""Seconds: of the shapes that do some pages within that, the smallest is taken."""


@dataclass(frozen=True)
class Plan:
    """What to ask a site for.

    Attributes:
        shape: The slice of a machine.
        walltime: Seconds, or None where the site knows no end.
    """

    shape: Shape
    walltime: float | None


def first_plan(shapes: Sequence[Shape], ladder: Sequence[float], calibration: float, prior: Prior) -> Plan:
    """Plans a run of which nothing is measured: the smallest shape for what is known of its kind, and a short walltime.

    Where a site has GPUs, it gets one. Where nothing is large enough, the largest is taken.

    Args:
        shapes: What the site offers.
        ladder: Its walltimes in seconds; empty for no end.
        calibration: Seconds of training that the calibration measures.
        prior: What such a training takes.
    """
    by_size = sorted([shape for shape in shapes if shape.gpus] or shapes, key=_size)
    fitting = [shape for shape in by_size if prior.fits(shape)]
    # As much again for the imports, the compilation and the way to the end of a short training.
    return Plan((fitting or by_size[-1:])[0], _rung(ladder, 2 * calibration + 300))


def plan_rest(
    shapes: Sequence[Shape], ladder: Sequence[float], calibration: CalibrationReport, threads: int = 1
) -> Plan:
    """Plans what a calibration left undone: the smallest shape and the shortest walltime that hold it.

    Where nothing is large enough, the largest is taken: a run that outgrows its memory says so, and one that outlasts
    its walltime pauses and goes on. A run pauses some seconds before its end; they are asked for on top.

    Args:
        shapes: What the site offers.
        ladder: Its walltimes in seconds; empty for no end.
        calibration: What was measured.
        threads: How many it computed with. With fewer, the rest would take longer than was foretold.
    """
    by_size = sorted(shapes, key=_size)
    fitting = [shape for shape in by_size if holds(shape, calibration)]
    quick = [s for s in fitting if s.cpus >= threads]
    seconds = calibration.cost.setup_seconds + calibration.seconds_left[1]
    pause = PAUSES * calibration.cost.checkpoint_seconds + OVERHEAD
    return Plan((quick or fitting or by_size[-1:])[0], _rung(ladder, seconds * TIME_MARGIN + pause))


def plan_pages(
    shapes: Sequence[Shape], ladder: Sequence[float], prior: Prior, seconds: Callable[[Shape], Belief]
) -> Plan:
    """Plans work on pages: the smallest shape that is done with them within an hour, else the quickest.

    Where a site has GPUs, it gets one. Where nothing is large enough, the largest is taken.

    Args:
        shapes: What the site offers.
        ladder: Its walltimes in seconds; empty for no end.
        prior: What a page takes.
        seconds: What all of them are believed to take on a shape.
    """
    by_size = sorted([shape for shape in shapes if shape.gpus] or shapes, key=_size)
    fitting = [shape for shape in by_size if prior.fits(shape)] or by_size[-1:]
    quickest = min(fitting, key=lambda shape: seconds(shape).value)
    shape = next((shape for shape in fitting if seconds(shape).value <= HANDY), quickest)
    believed = seconds(shape)
    margin = TIME_MARGIN if believed.measured else GUESS_MARGIN
    return Plan(shape, _rung(ladder, believed.value * margin + OVERHEAD))


def holds(shape: Shape, calibration: CalibrationReport) -> bool:
    """Tells whether a shape holds what a calibration foretold, with some headroom.

    What was measured of a GPU are torch's tensors: what CUDA itself takes comes on top, in a small share noticeably.
    """
    cost = calibration.cost
    if shape.memory < cost.memory * MEMORY_MARGIN + BESIDE:
        return False
    return not cost.gpu_memory or shape.gpu_memory >= cost.gpu_memory * MEMORY_MARGIN + GPU_CONTEXT


def _size(shape: Shape) -> tuple[int, int, int, int]:
    """Sorts shapes: of those with a GPU, the smallest share comes first, and a whole one last."""
    return (shape.gpus, shape.gpu_memory, shape.memory, shape.cpus)


def _rung(ladder: Sequence[float], seconds: float) -> float | None:
    """Returns the shortest walltime that holds some seconds, else the longest, else no end."""
    return next((rung for rung in ladder if rung >= seconds), ladder[-1] if ladder else None)
