"""What a run that has ended teaches of its site."""

from armarius.client.jobs.desk import Desk
from armarius.client.jobs.places import site_of
from armarius.client.journal import RunRow
from armarius.client.placement.work import architecture_of, measured_speed
from armarius.functions.contracts import Task, TrainReport


def learn(desk: Desk, run: RunRow) -> None:
    """Notes how fast a training was computed, where its report says so."""
    if run.task is Task.EVALUATE or run.report_json is None:
        return
    report, spec = TrainReport.model_validate(run.report_json), run.spec
    speed = measured_speed(spec, report)
    if speed:
        parameters = spec.parameters
        where = (site_of(run.site), run.shape.name, parameters.kind, architecture_of(parameters))
        desk.journal.sites.computed(*where, speed, desk.clock.now())
    desk.scout.learnt(site_of(run.site))
