"""The step that chooses a site and writes the next attempt down."""

from dataclasses import replace

from armarius.client.accounts.door import Room, admission, check_allowances
from armarius.client.errors import HeldBack, SiteUnreachable
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.keeping import keep_while_waiting
from armarius.client.jobs.legacy import Legacy, legacy_of
from armarius.client.jobs.own import is_own
from armarius.client.jobs.patience import is_over, note_silence
from armarius.client.jobs.places import site_of
from armarius.client.jobs.plan import Plan
from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.jobs.staging import STATE_OF
from armarius.client.jobs.state import JobState
from armarius.client.jobs.wishing import wish_of
from armarius.client.journal import JobRow, RunRow
from armarius.client.placement.candidate import Wish
from armarius.client.placement.choose import decide
from armarius.client.placement.decision import Decision
from armarius.client.words import count
from armarius.functions.contracts import (
    Limits,
    Outcome,
    RunReport,
    RunSpec,
    RunState,
    Task,
    TrainingParameters,
)

NO_SITE = "No site takes it now"


def place(desk: Desk, job: JobRow) -> None:
    """Chooses where the job goes next and opens a run there; without a site it waits.

    A run that is still computed, or has brought something (its job was given up too early, and resumed), is watched
    instead. One that still waits in a queue is told not to begin; one that cannot be reached for longer than its site's
    patience is given up, and told when it can be.

    Raises:
        SiteUnreachable: The site of the run before cannot be reached, and patience with it is not over.
    """
    before = job.run if job.run and is_own(job, job.run) else None
    silence: SiteUnreachable | None = None
    if before and before.submitted and before.report_json is None:
        try:
            if _counts(desk, before):
                desk.move(job, STATE_OF[before.task], "it is still computed, or has ended since")
                return
            desk.stop(before.site, before.id)
        except SiteUnreachable as error:
            note_silence(desk, before.site, error)
            if not is_over(desk, before.site):
                raise
            silence = error
    try:
        check_allowances(desk, job)
        _place(desk, job, before, silence)
    except HeldBack as held:
        if job.state is not JobState.WAITING or job.events[-1].message != held.message:
            desk.move(job, JobState.WAITING, held.message)


def _place(desk: Desk, job: JobRow, before: RunRow | None, silence: SiteUnreachable | None) -> None:
    """Chooses a site, and opens a run there.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        before: Its run before, if it is within reach.
        silence: Why that is given up, if it is.

    Raises:
        HeldBack: There is no room now.
        SiteUnreachable: Nobody but the silent site may take it.
    """
    legacy = legacy_of(desk, job)
    wish = wish_of(job, legacy)
    room = Room(desk, job)
    decision = decide(desk, wish, rules=(room,), line=room.ahead)
    if decision.chosen is None:
        keep_while_waiting(desk, job, legacy.bag)
        room.wait()
        _wait(desk, job, decision)
        return
    if silence is not None and before is not None:
        if decision.chosen == site_of(before.site):
            raise silence  # nobody else may take it, or the site is back: what it computes is not begun beside itself
        desk.move(job, job.state, f"{before.site} has been out of reach for too long: its run is given up")
    link = desk.sites[decision.chosen]
    _open(desk, job, link, legacy, _planned(wish, link, decision), decision, before if silence else None)


def _planned(wish: Wish, link: SiteLink, decision: Decision) -> Plan:
    """Returns what to ask a site for; one that will be drained has a shorter walltime for it."""
    plan, total = wish.plan(link.config), decision.sum_of(link.config.name)
    return plan if total is None else replace(plan, walltime=total.walltime)


def _wait(desk: Desk, job: JobRow, decision: Decision) -> None:
    """Lets a job wait; the reasons are told once, for some of them hold a time, which is always another."""
    if job.state is not JobState.WAITING or not job.events[-1].message.startswith(NO_SITE):
        desk.move(job, JobState.WAITING, f"{NO_SITE}: {decision.reasons()}.")


def _open(
    desk: Desk,
    job: JobRow,
    link: SiteLink,
    legacy: Legacy,
    plan: Plan,
    decision: Decision,
    given_up: RunRow | None,
) -> None:
    where = desk.place_on(link.config, job.request.identity)
    if where != link.config.name:
        desk.link(where)  # nothing is written down before it is known that this opens
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
        message=_said(spec, link, plan, decision),
        decision=decision,
        given_up=given_up,
        admit=admission(desk, job, link.config),
    )
    total = decision.sum_of(link.config.name)
    desk.scout.placed(link.config.name, total.work if total else 0.0)


def _counts(desk: Desk, run: RunRow) -> bool:
    """Tells whether a run of which no end was heard goes on, or has an end that is of use."""
    status = desk.status(run)
    if status.state is RunState.ENDED:
        return RunReport.common(status.report or {}).outcome in (Outcome.FINISHED, Outcome.PAUSED)
    return status.state is RunState.RUNNING


def _spec(job: JobRow, run_id: str, link: SiteLink, legacy: Legacy, plan: Plan) -> RunSpec:
    request = job.request
    parameters = _parameters(legacy, link)
    # With another batch the place within the epoch would mean something else: such a training begins anew.
    checkpoint = legacy.bag.reference if legacy.bag and parameters == legacy.parameters else None
    return RunSpec(
        run_id=run_id,
        task=_task(request, goes_on=checkpoint is not None),
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
        pages=request.pages.model_copy(update={"skip": legacy.skip}) if request.pages else None,
    )


def _task(request: JobRequest, *, goes_on: bool) -> Task:
    if request.kind is not JobKind.TRAIN:
        return Task(request.kind.value)
    return Task.TRAIN if goes_on else Task.CALIBRATE


def _parameters(legacy: Legacy, link: SiteLink) -> TrainingParameters:
    """After a want of memory that no larger shape cures, takes less of it, such as half the batch."""
    if not legacy.starved or legacy.outgrown.beyond(link.config.shapes):
        return legacy.parameters
    return legacy.parameters.lighter() or legacy.parameters


def _said(spec: RunSpec, link: SiteLink, plan: Plan, decision: Decision) -> str:
    walltime = f"{plan.walltime / 60:.0f} min" if plan.walltime else "no end"
    goes_on = f", from step {spec.resume_from.step}" if spec.resume_from else ""
    if spec.pages is not None and spec.pages.skip:
        goes_on = f", without {count(len(spec.pages.skip), 'page')} that need not be done again"
    why = f"; {decision.why}" if decision.why else ""
    return f"{spec.task.value} on {link.config.name}: shape {plan.shape.name}, {walltime}{goes_on}{why}"
