"""What earlier runs of a job leave to the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.donepages import pages_to_skip
from armarius.client.jobs.keeping import is_home
from armarius.client.jobs.outgrown import Outgrown, outgrown, want_of
from armarius.client.jobs.own import is_own
from armarius.client.jobs.patience import is_over, note_silence
from armarius.client.jobs.places import site_of
from armarius.client.journal import JobRow, RunRow
from armarius.client.journal.sitetables import SpeedRow
from armarius.client.placement.candidate import Bag
from armarius.functions.contracts import (
    CalibrationReport,
    CheckpointRef,
    Task,
    TrainingParameters,
    TrainReport,
)


@dataclass(frozen=True)
class Legacy:
    """What earlier attempts leave to the next one.

    Attributes:
        parameters: How the last one trained.
        bag: The newest checkpoint that can be had.
        calibration: What was measured.
        threads: With how many that was.
        outgrown: What was not enough.
        starved: Whether the last attempt ran out of memory.
        skip: The pages that need not be done again, of work on pages.
        speeds: How fast each site did such pages, of work on pages: their number is known, and so is how long it takes.
    """

    parameters: TrainingParameters
    bag: Bag | None = None
    calibration: CalibrationReport | None = None
    threads: int = 1
    outgrown: Outgrown = field(default_factory=Outgrown)
    starved: bool = False
    skip: tuple[int, ...] = ()
    speeds: Mapping[str, Sequence[SpeedRow]] = field(default_factory=dict)


def legacy_of(desk: Desk, job: JobRow) -> Legacy:
    """Gathers what earlier attempts left.

    Raises:
        SiteUnreachable: A site that may have the newest checkpoint does not answer, and patience with it is not over.
    """
    if job.request.kind.is_of_pages:
        return _of_pages(desk, job)
    if job.run is None:
        return Legacy(job.request.parameters)
    reported = [(run, TrainReport.model_validate(run.report_json)) for run in job.runs if run.report_json]
    calibration = next((report.calibration for _, report in reversed(reported) if report.calibration), None)
    return Legacy(
        job.run.spec.parameters,
        _bag(desk, job),
        calibration,
        next((run.spec.limits.cpus for run, report in reported if report.calibration == calibration), 1),
        outgrown(job.runs, job.request.memory),
        want_of(job.run) is not None,
    )


def _of_pages(desk: Desk, job: JobRow) -> Legacy:
    """Pages that are done are all that a run leaves which works on them."""
    return Legacy(
        job.request.parameters,
        outgrown=outgrown(job.runs, job.request.memory),
        starved=job.run is not None and want_of(job.run) is not None,
        skip=pages_to_skip(desk, job),
        speeds={site: desk.journal.sites.speeds(site, job.request.kind.value) for site in desk.sites},
    )


def _bag(desk: Desk, job: JobRow) -> Bag | None:
    """Finds the newest checkpoint of the job's own runs, and nobody else's, that can be had."""
    reference = _newest(desk, job)
    kept = desk.journal.keeping.checkpoint(job.id)
    if kept is not None and is_home(job, kept[0]) and (reference is None or kept[0].step > reference.step):
        reference = kept[0]
    if reference is None:
        return None
    site = next((site_of(run.site) for run in job.runs if run.id == reference.run_id), "")
    return Bag(reference, site, is_home(job, reference), _kraken(desk, job, reference, site))


def _newest(desk: Desk, job: JobRow) -> CheckpointRef | None:
    """Asks the sites of the job's runs, from the newest on; one that is given up for dead is passed over."""
    for run in reversed([run for run in job.runs if is_own(job, run)]):
        if run.spec.task is Task.EVALUATE:
            return None
        checkpoint = _on_its_site(desk, run) or _given(desk, job, run)
        if checkpoint is not None:
            return checkpoint
    return None


def _on_its_site(desk: Desk, run: RunRow) -> CheckpointRef | None:
    """Asks a run's site for its newest checkpoint; of one that was never handed over there is none."""
    if run.submitted is None:
        return None
    try:
        return desk.status(run).checkpoint
    except SiteUnreachable as error:
        note_silence(desk, run.site, error)
        if is_over(desk, run.site):
            return None
        raise


def _given(desk: Desk, job: JobRow, run: RunRow) -> CheckpointRef | None:
    """Returns what a run was to go on from, if that can still be had."""
    given = run.spec.resume_from
    if given is None or is_home(job, given):
        return given
    site = next((each.site for each in job.runs if each.id == given.run_id), "")
    return None if is_over(desk, site) else given


def _kraken(desk: Desk, job: JobRow, reference: CheckpointRef, site: str) -> str:
    """Returns the release that wrote a checkpoint: as the run's report says, else as its site last said."""
    for run in job.runs:
        if run.id == reference.run_id and run.report_json:
            return str(run.report_json["versions"].get("kraken", ""))
    row = desk.journal.sites.read(site)
    return str(row.report_json["versions"].get("kraken", "")) if row and row.report_json else ""
