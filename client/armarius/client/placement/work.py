"""How much there is to compute, and how fast a site does it."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from armarius.client.jobs.priors import TYPICAL_WIDTH, line_height
from armarius.client.journal.sitetables import SpeedRow
from armarius.client.placement.belief import Belief, believed
from armarius.functions.contracts import (
    Blob,
    CalibrationReport,
    Limits,
    Manifest,
    Outcome,
    PageFault,
    PageParameters,
    PagesReport,
    RecognitionParameters,
    RunSpec,
    Shape,
    Split,
    TrainingParameters,
    TrainReport,
)

CPU_SPEED = {"recognition": 1.2e-7, "segmentation": 6e-7}
"""Seconds per pixel on two hardware threads before anything was measured, validations included. From this project's own
benchmarks on two threads; another machine is measured with its first run."""

GPU_FACTOR = 0.06
"""What a GPU takes of that; a guess, which the first run corrects."""

THREADS = 2
"""With how many that was measured; beyond eight, a training gains next to nothing."""
MOST_THREADS = 8

SETUP = 40.0
"""Seconds of a run that are no epochs, before anything was measured: imports and compiling before the first step, and
at the end writing models and testing."""

SEGMENTATION_PIXELS = 1800 * 1300
"""Of a page as kraken scales it for its default network."""

PAGE_PIXELS = float(SEGMENTATION_PIXELS)
"""What a page to segment or transcribe counts for: kraken scales all to one height."""

PAGE_SPEED = {"segment": 12.0 / PAGE_PIXELS, "transcribe": 16.0 / PAGE_PIXELS}
"""Seconds per pixel of work on pages, one page after the other on a core, before anything was measured. From
``benchmarks/pages.py``, for pages of 25 lines or so; another machine is measured with its first run."""

PAGE_MEMORY = 2_950_000_000
"""Bytes that the engine reckons with for each process that works on pages, at first."""

ENOUGH_PAGES = 3
"""Pages for each process that a run could have had: with fewer, most of what a shape has lay idle, and the run says
nothing of how fast it does many."""

PAGE_GPU_FACTOR = 0.2
"""What a page takes on a GPU of what it takes on a core: lines are traced on the processor. A guess."""

TRIAL = 3600.0
"""Seconds of work up to which a job may try a site of which little is known: a longer one would pay too much for it,
and others are there to learn how fast it is."""

SPEED_PRIOR = 0.5
"""What was expected of a site counts like half a run there: runs of the same network on the same shape differ by some
tenths, sites by a factor of two."""

EXPECTED_EPOCHS = 40
"""Of a training that stops early, where it may have as many."""


@dataclass(frozen=True)
class Work:
    """What is left to compute.

    Attributes:
        pixels: To train on, over all epochs; or of all pages.
        kind: Of model, or the task that works on pages.
        architecture: Of its network; or the models that work on pages.
    """

    pixels: float
    kind: str
    architecture: str


def architecture_of(parameters: TrainingParameters) -> str:
    """Names a network by what its speed depends on: its text, or the base model that brings it along."""
    spec = parameters.spec if isinstance(parameters, RecognitionParameters) else ""
    return hashlib.sha256(f"{parameters.kind} {spec} {parameters.packaged or ''}".encode()).hexdigest()[:16]


def reading_of(pages: PageParameters, model: Blob | None) -> str:
    """Names what works on pages by what its speed depends on: the two models."""
    finder = pages.segmentation if isinstance(pages.segmentation, str) else pages.segmentation.sha256
    return hashlib.sha256(f"{finder} {model.sha256 if model else ''}".encode()).hexdigest()[:16]


def work_left(
    parameters: TrainingParameters, epoch: float | None, calibration: CalibrationReport | None, epochs_done: int
) -> Work:
    """Returns what a training has still to do.

    Args:
        parameters: How it trains.
        epoch: Pixels of an epoch by the number of lines or pages; None if that cannot be told.
        calibration: What was measured of it, if something was.
        epochs_done: Whole epochs that are in its newest checkpoint.
    """
    epochs = max(1.0, _epochs(parameters, calibration) - epochs_done)
    if calibration is not None and calibration.cost.pixels_per_epoch:
        pixels = float(calibration.cost.pixels_per_epoch)
    else:
        pixels = pixels_of(parameters, None) if epoch is None else epoch
    return Work(epochs * pixels, parameters.kind, architecture_of(parameters))


def _epochs(parameters: TrainingParameters, calibration: CalibrationReport | None) -> float:
    """Returns how many epochs a training will have in all: the mean of what is possible, once that is known."""
    if calibration is not None:
        return sum(calibration.epochs) / 2
    return parameters.epochs if parameters.quit == "fixed" else min(parameters.epochs, EXPECTED_EPOCHS)


def pixels_of(parameters: TrainingParameters, manifest: Manifest | None, width: float | None = None) -> float:
    """Returns the pixels of an epoch by the number of lines or pages, in which a site's speed is measured.

    Args:
        parameters: How it is trained.
        manifest: The dataset; None if it cannot be read.
        width: Of a line, scaled to the network's height, in the mean. If it is not known, half of what the widest
            typically has.
    """
    if isinstance(parameters, RecognitionParameters):
        lines = sum(1 for _ in manifest.transcribed_lines(Split.TRAIN)) if manifest else 500
        height = line_height(parameters)
        return max(1, lines) * height * (width or TYPICAL_WIDTH * height / 240)
    pages = len(manifest.in_split(Split.TRAIN)) if manifest else 20
    return max(1, pages) * float(SEGMENTATION_PIXELS)


def expected_speed(kind: str, shape: Shape) -> float:
    """Returns the seconds per pixel that a shape should take by its processors alone.

    Where k runs share a GPU, each is expected to take the square root of k times as long, a guess: with small networks
    a GPU has room for more, and nobody knows how much before it was measured. Each shape is measured for itself.
    """
    if kind in PAGE_SPEED:
        return _expected_page_speed(kind, shape)
    whole = CPU_SPEED.get(kind, CPU_SPEED["recognition"])
    return (
        whole * GPU_FACTOR * math.sqrt(shape.sharing) if shape.gpus else whole * THREADS / min(shape.cpus, MOST_THREADS)
    )


def _expected_page_speed(kind: str, shape: Shape) -> float:
    """Returns it for work on pages."""
    if shape.gpus:
        return PAGE_SPEED[kind] * PAGE_GPU_FACTOR * math.sqrt(shape.sharing) / shape.gpus
    return PAGE_SPEED[kind] / page_processes(shape)


def page_processes(shape: Shape) -> int:
    """Returns how many pages a shape does at once: as many as there are cores, as far as the memory reaches.

    With GPUs it may be fewer, as far as theirs reaches; that is known to the run alone.
    """
    return max(1, min(shape.cpus, shape.memory // PAGE_MEMORY))


def speed_of(rows: Sequence[SpeedRow], work: Work, shape: Shape, factor: float = 1.0) -> Belief:
    """Returns the seconds per pixel to reckon with for a shape of a site.

    Args:
        rows: What was measured at the site, of this kind of model.
        work: What is to be computed.
        shape: On what.
        factor: What such shapes take at the pool's other sites, over what their processors promise.
    """
    expected = factor * expected_speed(work.kind, shape)
    hopeful = work.pixels * expected <= TRIAL
    return believed(_measured(rows, work, shape), expected, hopeful=hopeful, prior=SPEED_PRIOR)


def factor_of(sites: Iterable[tuple[Sequence[SpeedRow], Shape]], work: Work) -> float:
    """Returns what a pool's sites take, over what their processors promise: a new site is expected to be like them.

    Args:
        sites: What was measured at each, and the shape that counts there.
        work: What is to be computed.
    """
    found = [
        median(values) / expected_speed(work.kind, shape)
        for rows, shape in sites
        if (values := _measured(rows, work, shape))
    ]
    return median(found) if found else 1.0


def _measured(rows: Sequence[SpeedRow], work: Work, shape: Shape) -> list[float]:
    """Returns what was measured of the same network; of others of the kind only where there is none."""
    here = [row for row in rows if row.shape == shape.name]
    same = [row for row in here if row.architecture == work.architecture]
    return [row.seconds_per_pixel for row in same or here]


def measured_around(report: dict[str, Any], epochs_before: int) -> float | None:
    """Returns the seconds of a finished training that were no epochs, or None where its report does not tell.

    Args:
        report: Its report, as JSON.
        epochs_before: Those that it went on from.
    """
    own = [epoch["seconds"] for epoch in report.get("epochs") or () if epoch["number"] > epochs_before]
    if report["outcome"] != Outcome.FINISHED.value or not own:
        return None
    return float(max(report["ended"] - report["started"] - sum(own), 1.0))


def around_of(measured: Sequence[float], expected: float) -> float:
    """Returns the seconds besides all epochs to reckon with."""
    return believed(measured, expected, prior=SPEED_PRIOR).value


def usual_around(sites: Iterable[Sequence[float]]) -> float:
    """Returns what such trainings take besides their epochs where it was measured: a new site is expected to be so."""
    found = [median(each) for each in sites if each]
    return median(found) if found else SETUP


def measured_page_speed(report: PagesReport, limits: Limits, shape: Shape) -> float | None:
    """Returns the seconds per pixel that a run took for pages, or None where it did too few to tell.

    Those that were left out before anything was computed do not count. A run that was not given all of its shape, or
    fewer pages than keep all of its processes busy, says nothing of what the shape does.

    Args:
        report: Of the run.
        limits: What it was given.
        shape: Where it was computed.
    """
    done = sum(page.done or page.fault is PageFault.NO_LINES for page in report.pages)
    seconds = report.usage.seconds - report.usage.setup_seconds
    had_all = limits.cpus >= shape.cpus and (limits.memory is None or limits.memory >= shape.memory)
    if not had_all or done < ENOUGH_PAGES * page_processes(shape) or seconds <= 0:
        return None
    return seconds / (done * PAGE_PIXELS)


def measured_start(report: dict[str, Any]) -> float | None:
    """Returns the seconds until a run that worked on pages had loaded its models, or None if its report tells none."""
    return float((report.get("usage") or {}).get("setup_seconds") or 0.0) or None


def measured_speed(spec: RunSpec, report: TrainReport) -> float | None:
    """Returns the seconds per pixel that a run took, or None where it measured nothing.

    Its own epochs count where there are two of them, else what its calibration foretold. A report names the epochs
    and the calibration of earlier runs, too, which may have been elsewhere.
    """
    calibration = report.calibration
    if calibration is None or not calibration.cost.pixels_per_epoch:
        return None
    before = spec.resume_from.epoch if spec.resume_from else 0
    own = [epoch.seconds for epoch in report.epochs if epoch.number > before + (1 if before else 0)]
    if len(own) >= 2:
        return median(own) / calibration.cost.pixels_per_epoch
    if spec.resume_from is not None:
        return None
    return calibration.cost.epoch_seconds / calibration.cost.pixels_per_epoch
