"""The step that watches a run, and draws the conclusion when it has ended or vanished."""

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.bringing import fetch_pages_meanwhile
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.donepages import settles_pages
from armarius.client.jobs.emptying import take_back, why_to_leave
from armarius.client.jobs.epochs import fetch_meanwhile
from armarius.client.jobs.keeping import keep_at_home, keep_no_more
from armarius.client.jobs.learning import learn
from armarius.client.jobs.outgrown import WANTS, outgrown
from armarius.client.jobs.patience import is_over, note_answer, note_silence
from armarius.client.jobs.places import site_of
from armarius.client.jobs.placing import place
from armarius.client.jobs.reconsidering import reconsider
from armarius.client.jobs.requeueing import leave_slow_queue
from armarius.client.jobs.staging import may_still_go, submit
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.client.placement.rules import forbidden
from armarius.client.ports import TaskState
from armarius.functions.contracts import Outcome, Phase, Reason, RunReport, RunState, RunStatus

MOST_SUBMISSIONS = 10
"""How often a run that shows no progress is handed over before its job is given up: over three quarters of an hour,
so that a scheduler may be away for a while."""

BREATHER_SECONDS = 30.0
"""What a site gets to come to itself before the second repetition; twice as long before each further one. A user
endpoint that was killed, for one, is replaced only after it has missed three heartbeats."""

LONGEST_BREATHER_SECONDS = 600.0

MOST_FAILURES = 3
"""How many runs of a job may fail for reasons that trying again can cure."""

MOST_CANCELLED = 3
"""How many runs of a job may be cancelled by operators of sites: after that, they mean it."""

MOST_IN_VAIN = 5
"""How many runs in a row may be taken from the job, by preemption or with their machine, without one step done."""

_TAKEN = (Reason.PREEMPTED, Reason.NODE_LOST, Reason.STOPPED)


def watch(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Hears how a run stands, and acts on its end.

    Raises:
        SiteUnreachable: It cannot be told, and nothing is lost; or it is lost, and no other site takes the job.
    """
    try:
        status = desk.status(run)
    except SiteUnreachable as error:
        note_silence(desk, run.site, error)
        if not is_over(desk, run.site):
            raise
        place(desk, job)  # elsewhere: its site is excluded while it is silent
        return
    note_answer(desk, run.site)
    if not run.position and status.progress:
        desk.journal.sites.begun(run.id, _first_sign(desk, run, status))
    if _needs_no_checkpoint(status):
        keep_no_more(desk, run)
    else:
        keep_at_home(desk, job, run, status.checkpoint, now=status.state is RunState.ENDED)
    if status.progress or status.report:
        desk.journal.heard(job.id, desk.owner, run.id, status.progress, status.position, status.report)
        if job.state is JobState.CALIBRATING and any(line.phase is Phase.TRAINING for line in status.progress):
            desk.move(job, JobState.TRAINING, "measured; the rest fits in, so it simply goes on")
            if status.state is RunState.RUNNING:
                reconsider(desk, desk.journal.job(job.id), run, status.progress)
        job = desk.journal.job(job.id)  # as it is known now
        if run.report_json is None:  # a run teaches once, however often its end is looked at
            learn(desk, job.runs[-1])
    if run.task.is_of_pages:
        fetch_pages_meanwhile(desk, job, run, status.progress)
    else:
        fetch_meanwhile(desk, job, run, status.progress)
    if status.state is RunState.ENDED:
        if not status.progress:  # first all of its progress comes home
            _conclude(desk, job, job.runs[-1], RunReport.common(status.report or {}))
    elif status.state is not RunState.RUNNING:
        if why := why_to_leave(desk, job, run):
            take_back(desk, job, why)  # it was told to pause, so it will not begin
        else:
            _hand_over_again_if_gone(desk, job, run)


def _first_sign(desk: Desk, run: RunRow, status: RunStatus) -> float:
    """Returns when a run gave its first sign of life by its site's clock; if the clocks differ, when it was heard."""
    told, now = status.progress[0].at, desk.clock.now()
    return told if run.submitted is not None and run.submitted <= told <= now else now


def _hand_over_again_if_gone(desk: Desk, job: JobRow, run: RunRow) -> None:
    """A run that nobody computes is handed over again under the same id, unless it still waits in a good queue."""
    task = desk.task(run)
    if task is not None and task.state is TaskState.PENDING:
        leave_slow_queue(desk, job, run)
        return
    if task is not None and task.state is TaskState.FAILED and not task.transient:
        desk.fail(job, task.error)
    elif run.submissions >= MOST_SUBMISSIONS:
        said = f" The last time: {task.error}" if task and task.error else ""
        desk.fail(job, f"{run.site} took the run {run.submissions} times and never began it.{said}")
    elif not 0 <= desk.clock.now() - (run.submitted or 0.0) < _breather(run.submissions) and may_still_go(
        desk, job, run
    ):
        submit(desk, job, run)


def _breather(submissions: int) -> float:
    """Returns the seconds between a hand-over and its repetition."""
    return min(BREATHER_SECONDS * 2 ** (submissions - 2), LONGEST_BREATHER_SECONDS) if submissions > 1 else 0.0


def _conclude(desk: Desk, job: JobRow, run: RunRow, report: RunReport) -> None:
    """Acts on the end of a run."""
    if report.outcome is Outcome.FINISHED:
        desk.move(job, JobState.RETURNING, "finished")
    elif report.outcome is Outcome.CANCELLED:
        desk.move(job, JobState.CANCELLED, report.message)
    elif report.outcome is Outcome.PAUSED:
        _go_on(desk, job, run, report)
    else:
        _after_failure(desk, job, run, report)


def _go_on(desk: Desk, job: JobRow, run: RunRow, report: RunReport) -> None:
    """Plans the rest of what was paused, unless its pauses lead nowhere."""
    gone_on = _why_not(job, run, report)
    if gone_on:
        desk.fail(job, gone_on)
        return
    if report.message:
        desk.move(job, job.state, report.message)
    place(desk, job)


def _why_not(job: JobRow, run: RunRow, report: RunReport) -> str:
    """Says why a paused training had better not go on; nothing if it may."""
    before = job.runs[-2] if len(job.runs) > 1 else None
    if (
        report.reason is Reason.WALLTIME
        and before is not None
        and before.walltime == run.walltime
        and not _came_further(run, before.step)
    ):
        return f"The walltime on {run.site} ends before a single step is done. Offer a longer one."
    if report.reason is Reason.JOB_CANCELLED and _ended(job).count(Reason.JOB_CANCELLED.value) >= MOST_CANCELLED:
        return _they_mean_it(job, report)
    if report.reason in _TAKEN and _in_vain(job):
        return f"{MOST_IN_VAIN} runs in a row were taken away before a single step was done. {report.message}".strip()
    return ""


def _came_further(run: RunRow, before: int) -> bool:
    """Tells whether a run has done a step, or a page.

    The steps of work on pages are not compared with those of the run before: some of its pages may have been lost.

    Args:
        run: It; it has ended.
        before: The step from which a training went on.
    """
    return settles_pages(run) if run.task.is_of_pages else run.step > before


def _they_mean_it(job: JobRow, report: RunReport) -> str:
    return (
        f"{report.message} That was done {MOST_CANCELLED} times: ask the site's operator why. "
        f"Then: armarius resume {job.id}"
    )


def _in_vain(job: JobRow) -> bool:
    """Tells whether the last runs were all taken away, and brought nothing."""
    last = job.runs[-MOST_IN_VAIN:]
    taken = [row.report_json is not None and row.report_json["reason"] in _TAKEN for row in last]
    return len(last) == MOST_IN_VAIN and all(taken) and not any(_came_further(row, last[0].step) for row in last)


def _needs_no_checkpoint(status: RunStatus) -> bool:
    """Tells whether a run has come to an end from which nothing goes on."""
    if status.state is not RunState.ENDED or status.report is None:
        return False
    return RunReport.common(status.report).outcome in (Outcome.FINISHED, Outcome.CANCELLED)


def _ended(job: JobRow, outcome: Outcome | None = None) -> list[str | None]:
    """Lists the reasons for which the job's runs ended, with one outcome or with any."""
    reports = [row.report_json for row in job.runs if row.report_json]
    return [report["reason"] for report in reports if outcome is None or report["outcome"] == outcome.value]


def _after_failure(desk: Desk, job: JobRow, run: RunRow, report: RunReport) -> None:
    """Tries once more where that can help, and else says what happened."""
    reason = report.reason or Reason.ENGINE_DIED
    if _may_help(desk, job, run, reason):
        desk.move(job, job.state, report.message or reason.value)
        place(desk, job)
    elif reason is Reason.JOB_CANCELLED:
        desk.fail(job, _they_mean_it(job, report))
    else:
        desk.fail(job, report.message or reason.value)


def _may_help(desk: Desk, job: JobRow, run: RunRow, reason: Reason) -> bool:
    if reason is Reason.JOB_CANCELLED:
        return _ended(job).count(reason.value) < MOST_CANCELLED
    failed = [each for each in _ended(job, Outcome.FAILED) if each != Reason.JOB_CANCELLED.value]
    if reason in WANTS:
        return _could_change(desk, job, run)
    return reason.transient and len(failed) < MOST_FAILURES


def _may_go_on_at(desk: Desk, run: RunRow, site: str) -> bool:
    """Tells whether a site takes the next run of a job, drained as it may be."""
    return not desk.is_emptying(site) and (site == site_of(run.site) or not desk.is_drained(site))


def _could_change(desk: Desk, job: JobRow, run: RunRow) -> bool:
    """Tells whether a run that ran out of memory can have more of it, there or elsewhere, or once take less."""
    small = outgrown(job.runs, job.request.memory)
    for link in desk.sites.values():
        open_ = _may_go_on_at(desk, run, link.config.name)
        may_go = open_ and not forbidden(job.request, link.config, desk.data_rules)
        if may_go and small.beyond(link.config.shapes):
            return True
    asked = run.spec.parameters
    return not run.task.is_of_pages and asked == job.request.parameters and asked.lighter() is not None
