"""The charts of a report."""

from collections.abc import Sequence

from armarius.client.report.chart import Axis, Chart, Point, Rule, axis, time_unit
from armarius.client.report.epochs import EpochFigures, best_of
from armarius.client.report.facts import Facts
from armarius.client.words import duration, percent, size
from armarius.functions.contracts import Progress

MOST_POINTS = 240
"""Points of a curve over time; more would be finer than the print."""


def accuracy_curve(facts: Facts, epochs: Sequence[EpochFigures]) -> Chart | None:
    """Draws the validation accuracy of every epoch; None without one."""
    best = best_of(facts, epochs)
    if best is None:
        return None
    points = tuple(
        Point(each.number, each.accuracy, f"Epoch {each.number} {facts.wording.reached(each.accuracy)}")
        for each in epochs
    )
    before = facts.baseline.accuracy if facts.baseline else None
    based = f" The base model {facts.wording.reached(before)}." if before is not None else ""
    summary = (
        f"Validation by epoch, {facts.wording.accuracy}: {percent(epochs[0].accuracy)} in epoch {epochs[0].number}, "
        f"{percent(epochs[-1].accuracy)} in epoch {epochs[-1].number}; "
        f"the best is {percent(best.accuracy)} in epoch {best.number}.{based}"
    )
    return Chart(
        "accuracy",
        f"Validation: {facts.wording.accuracy}",
        summary,
        _epoch_axis(epochs),
        axis(facts.wording.accuracy_axis, 0.0, 1.0, "{:.0f}", scale=0.01),
        (points,),
        column=Rule(best.number, f"best: epoch {best.number}, {percent(best.accuracy)}"),
        row=Rule(before, f"base model {percent(before)}") if before is not None else None,
    )


def loss_curve(facts: Facts, epochs: Sequence[EpochFigures]) -> Chart | None:
    """Draws the training loss of every epoch that has one; None without any."""
    known = [(each.number, each.loss) for each in epochs if each.loss is not None]
    best = best_of(facts, epochs)
    if not known or best is None:
        return None
    summary = (
        f"Training loss by epoch: {known[0][1]:.2f} in epoch {known[0][0]}, {known[-1][1]:.2f} in epoch {known[-1][0]}."
    )
    return Chart(
        "loss",
        "Training loss",
        summary,
        _epoch_axis(epochs),
        axis(facts.wording.loss_axis, 0.0, max(loss for _, loss in known) * 1.04),
        (tuple(Point(number, loss, f"Epoch {number}: loss {loss:.2f}") for number, loss in known),),
        column=Rule(best.number),
    )


def memory_curve(facts: Facts) -> Chart | None:
    """Draws the peak memory so far over the time since the first sign of life; None with fewer than two readings.

    A new run begins anew: its line is another.
    """
    runs = [_thinned(run) for run in _runs(facts.progress)]
    points = tuple(tuple(_memory_point(line, facts.progress[0].at) for line in run) for run in runs)
    if sum(map(len, points)) < 2:
        return None
    peak = max(point.y for line in points for point in line)
    foretold = facts.calibrated[1].cost.memory if facts.calibrated else None
    return Chart(
        "memory",
        "Memory of the engine",
        f"Peak memory of the engine over time: at most {size(peak)}.",
        _time_axis(max(point.x for line in points for point in line)),
        axis("peak so far (GB)", 0.0, max(peak, foretold or 0) * 1.12, scale=1e9),
        points,
        row=Rule(foretold, f"foretold {size(foretold)}") if foretold else None,
    )


def _epoch_axis(epochs: Sequence[EpochFigures]) -> Axis:
    return axis("epoch", epochs[0].number, max(epochs[-1].number, epochs[0].number + 1), whole=True)


def _time_axis(seconds: float) -> Axis:
    unit, scale = time_unit(seconds)
    return axis(f"{unit} since the first run began", 0.0, seconds, scale=scale)


def _runs(progress: Sequence[Progress]) -> list[list[Progress]]:
    """Parts the readings where the peak falls: there another process began."""
    runs: list[list[Progress]] = []
    for line in progress:
        if line.memory is None:
            continue
        if not runs or line.memory < (runs[-1][-1].memory or 0):
            runs.append([])
        runs[-1].append(line)
    return runs


def _thinned(run: list[Progress]) -> list[Progress]:
    """Keeps readings at even distances, and the last, which is the peak."""
    stride = -(-len(run) // MOST_POINTS)
    return run[:-1:stride] + run[-1:]


def _memory_point(line: Progress, start: float) -> Point:
    memory, after = line.memory or 0, max(0.0, line.at - start)
    return Point(after, memory, f"After {duration(after)}: {size(memory)} ({line.phase.value})")
