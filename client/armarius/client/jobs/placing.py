"""The step that chooses a site and writes the next attempt down."""

from dataclasses import dataclass, field

from armarius.client.accounts.door import Room, admission, check_allowances
from armarius.client.errors import HeldBack
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.outgrown import Outgrown, outgrown, want_of
from armarius.client.jobs.places import identity_of, site_of
from armarius.client.jobs.plan import Plan, first_plan, plan_rest
from armarius.client.jobs.priors import Prior, line_height, prior_of
from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.jobs.staging import STATE_OF
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.client.pages import PackedDataset
from armarius.client.pages.widest import widest_line
from armarius.functions.contracts import (
    BadInput,
    CalibrationReport,
    CheckpointRef,
    Limits,
    Outcome,
    RunReport,
    RunSpec,
    RunState,
    Task,
    TrainingParameters,
    TrainReport,
)


@dataclass(frozen=True)
class _Legacy:
    """What earlier attempts leave to the next one."""

    parameters: TrainingParameters
    checkpoint: CheckpointRef | None = None
    calibration: CalibrationReport | None = None
    threads: int = 1
    """With how many that was measured."""
    outgrown: Outgrown = field(default_factory=Outgrown)
    starved: bool = False
    """Whether the last attempt ran out of memory."""


def place(desk: Desk, job: JobRow) -> None:
    """Chooses where the job goes next and opens a run there; without a site it waits.

    A run that is still computed, or has brought something (its job was given up too early, and resumed), is watched
    instead. One that still waits in a queue is told not to begin.
    """
    before = job.run if job.run and _is_own(job, job.run) else None
    if before and before.submitted and before.report_json is None:
        if _counts(desk, before):
            desk.move(job, STATE_OF[before.task], "it is still computed, or has ended since")
            return
        desk.stop(before.site, before.id)
    try:
        check_allowances(desk, job)
        link = _choose(desk, job)
        if link is None:
            raise HeldBack("No site takes it now.")
        _open_run(desk, job, link)
    except HeldBack as held:
        _wait(desk, job, held.message)


def _wait(desk: Desk, job: JobRow, why: str) -> None:
    """Lets a job wait, and says why if that is new."""
    if job.state is not JobState.WAITING or job.events[-1].message != why:
        desk.move(job, JobState.WAITING, why)


def _open_run(desk: Desk, job: JobRow, link: SiteLink) -> None:
    where = desk.place_on(link.config, job.request.identity)
    if where != link.config.name:
        desk.link(where)  # nothing is written down before it is known that this opens
    legacy = _legacy(desk, job)
    plan = _plan(link, job.request, legacy)
    number = len(job.runs) + 1
    spec = _spec(job, f"{job.id}-{number}", link, legacy, plan)
    desk.journal.open_run(
        job.id,
        desk.owner,
        desk.clock.now(),
        site=where,
        spec=spec,
        shape=plan.shape,
        walltime=plan.walltime,
        number=number,
        message=_said(spec, link, plan),
        admit=admission(desk, job, link.config),
    )


def _is_own(job: JobRow, run: RunRow) -> bool:
    """Tells whether a run is within reach: not one under an account that the job uses no more."""
    return identity_of(run.site) in (None, job.request.identity)


def _counts(desk: Desk, run: RunRow) -> bool:
    """Tells whether a run of which no end was heard goes on, or has an end that is of use."""
    status = desk.status(run)
    if status.state is RunState.ENDED:
        return RunReport.common(status.report or {}).outcome in (Outcome.FINISHED, Outcome.PAUSED)
    return status.state is RunState.RUNNING


def _choose(desk: Desk, job: JobRow) -> SiteLink | None:
    """Prefers the site where the newest checkpoint is; drained or not, what began there ends there."""
    wanted = job.request.site
    before = site_of(job.run.site) if job.run else None
    open_sites = [
        link
        for link in desk.sites.values()
        if (not link.config.drained or link.config.name == before) and wanted in (None, link.config.name)
    ]
    room = Room(desk, job)
    free = [link for link in open_sites if not room(None, link)]
    if not free:
        room.wait()
    return min(free, key=lambda link: link.config.name != before, default=None)


def _legacy(desk: Desk, job: JobRow) -> _Legacy:
    """Gathers what earlier attempts left."""
    if job.run is None:
        return _Legacy(job.request.parameters)
    reported = [(run, TrainReport.model_validate(run.report_json)) for run in job.runs if run.report_json]
    calibration = next((report.calibration for _, report in reversed(reported) if report.calibration), None)
    return _Legacy(
        job.run.spec.parameters,
        _newest_checkpoint(desk, job),
        calibration,
        next((run.spec.limits.cpus for run, report in reported if report.calibration == calibration), 1),
        outgrown(job.runs, job.request.memory),
        want_of(job.run) is not None,
    )


def _newest_checkpoint(desk: Desk, job: JobRow) -> CheckpointRef | None:
    """Finds the newest checkpoint of the job's own runs, and nobody else's."""
    for run in reversed([run for run in job.runs if _is_own(job, run)]):
        if run.spec.task is Task.EVALUATE:
            return None
        checkpoint = desk.status(run).checkpoint or run.spec.resume_from
        if checkpoint is not None:
            return checkpoint
    return None


def _plan(link: SiteLink, request: JobRequest, legacy: _Legacy) -> Plan:
    offered, ladder = link.config.shapes, link.config.ladder()
    shapes = legacy.outgrown.beyond(offered) or legacy.outgrown.as_much(offered) or offered
    if legacy.calibration is not None:
        return plan_rest(shapes, ladder, legacy.calibration, legacy.threads)
    return first_plan(shapes, ladder, request.calibration, _prior(request, legacy.parameters))


def _prior(request: JobRequest, parameters: TrainingParameters) -> Prior:
    """Returns what is known of such a training; a dataset that cannot be read is complained of when it is sent."""
    try:
        manifest = PackedDataset.load(request.dataset_dir).manifest
    except BadInput:
        return prior_of(parameters)
    return prior_of(parameters, widest_line(manifest, line_height(parameters)))


def _spec(job: JobRow, run_id: str, link: SiteLink, legacy: _Legacy, plan: Plan) -> RunSpec:
    request = job.request
    parameters = _parameters(legacy, link)
    # With another batch the place within the epoch would mean something else: such a training begins anew.
    checkpoint = legacy.checkpoint if parameters == legacy.parameters else None
    return RunSpec(
        run_id=run_id,
        task=_task(request, checkpoint),
        dataset=request.dataset,
        parameters=parameters,
        model=request.model,
        resume_from=checkpoint,
        limits=Limits(
            cpus=min(request.cpus or plan.shape.cpus, plan.shape.cpus),
            memory=min(request.memory or plan.shape.memory, plan.shape.memory),
            gpus=plan.shape.gpus,
            walltime=plan.walltime,
            calibration=request.calibration,
            checkpoint_every=request.checkpoint_every,
        ),
        epoch_models=request.epoch_models,
    )


def _task(request: JobRequest, checkpoint: CheckpointRef | None) -> Task:
    if request.kind is JobKind.EVALUATE:
        return Task.EVALUATE
    return Task.TRAIN if checkpoint else Task.CALIBRATE


def _parameters(legacy: _Legacy, link: SiteLink) -> TrainingParameters:
    """After a want of memory that no larger shape cures, takes less of it, such as half the batch."""
    if not legacy.starved or legacy.outgrown.beyond(link.config.shapes):
        return legacy.parameters
    return legacy.parameters.lighter() or legacy.parameters


def _said(spec: RunSpec, link: SiteLink, plan: Plan) -> str:
    walltime = f"{plan.walltime / 60:.0f} min" if plan.walltime else "no end"
    goes_on = f", from step {spec.resume_from.step}" if spec.resume_from else ""
    return f"{spec.task.value} on {link.config.name}: shape {plan.shape.name}, {walltime}{goes_on}"
