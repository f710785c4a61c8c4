"""What a fine-tuning brought, measured against the model that it was trained from."""

from pathlib import Path

from armarius.client.naming import NOT_BETTER
from armarius.client.wording import wording_of
from armarius.functions.contracts import TrainReport


def verdict(report: TrainReport) -> str:
    """Says whether the best epoch did better in validation than the base model; empty without one."""
    best = _best(report)
    if report.baseline is None or best is None:
        return ""
    figures = wording_of(report.baseline.kind).against(best, report.baseline)
    if report.improved:
        return f"Better than its base model: {figures}."
    return f"It did not improve on its base model: {figures}."


def compared(report: TrainReport, base: Path | None) -> list[str]:
    """Says it in the lines of a summary, with what to do."""
    said = verdict(report)
    if not said:
        return []
    if report.improved:
        return [said]
    return [said, f"Keep {base or 'the base model'}; what was trained is there under a name that ends in {NOT_BETTER}."]


def _best(report: TrainReport) -> float | None:
    return next((epoch.accuracy for epoch in report.epochs if epoch.number == report.best_epoch), None)
