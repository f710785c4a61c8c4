"""What a run that has ended teaches of its site."""

from armarius.client.jobs.desk import Desk
from armarius.client.jobs.places import site_of
from armarius.client.journal import RunRow
from armarius.client.placement.work import architecture_of, measured_page_speed, measured_speed, reading_of
from armarius.functions.contracts import PagesReport, RunReport, Task, TrainReport


def learn(desk: Desk, run: RunRow) -> None:
    """Notes when a run began and how fast it was computed, where its report says so."""
    if run.task is Task.EVALUATE or run.report_json is None:
        return
    desk.journal.sites.begun_by_report(run.id, RunReport.common(run.report_json).started)
    measured = _of_pages(run) if run.task.is_of_pages else _of_training(run)
    if measured is not None:
        kind, what, speed = measured
        desk.journal.sites.computed(site_of(run.site), run.shape.name, kind, what, speed, desk.clock.now())
    desk.scout.learnt(site_of(run.site))


def _of_training(run: RunRow) -> tuple[str, str, float] | None:
    """Returns the kind of model, its network, and the seconds per pixel."""
    spec = run.spec
    speed = measured_speed(spec, TrainReport.model_validate(run.report_json))
    return (spec.parameters.kind, architecture_of(spec.parameters), speed) if speed else None


def _of_pages(run: RunRow) -> tuple[str, str, float] | None:
    """Returns the task, the models, and the seconds per pixel."""
    spec = run.spec
    speed = measured_page_speed(PagesReport.model_validate(run.report_json), spec.limits, run.shape)
    return (run.task.value, reading_of(spec.pages, spec.model), speed) if speed and spec.pages else None
