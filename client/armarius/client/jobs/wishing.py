"""From a job and what its earlier runs left to what it needs of a site."""

from collections.abc import Sequence

from armarius.client.config import AnySiteConfig
from armarius.client.jobs.extent import Extent, extent_of, extent_of_pages
from armarius.client.jobs.legacy import Legacy
from armarius.client.jobs.places import site_of
from armarius.client.jobs.plan import Plan, first_plan, holds, plan_pages, plan_rest
from armarius.client.jobs.priors import Prior, prior_of, prior_of_pages
from armarius.client.jobs.request import JobRequest
from armarius.client.journal import JobRow
from armarius.client.placement.belief import Belief
from armarius.client.placement.candidate import Wish
from armarius.client.placement.work import PAGE_PIXELS, SETUP, Work, reading_of, speed_of, work_left
from armarius.functions.contracts import PageParameters, Shape


def wish_of(job: JobRow, legacy: Legacy) -> Wish:
    """Returns what a job needs of a site now."""
    request = job.request
    if request.kind.is_of_pages:
        return _wish_of_pages(job, legacy)
    extent = extent_of(request.dataset_dir, request.dataset, legacy.parameters)
    prior = prior_of(legacy.parameters, extent.widest if extent else None)
    done = legacy.bag.reference.epoch if legacy.bag else 0
    return Wish(
        request,
        _files(request, extent),
        work_left(legacy.parameters, extent.pixels if extent else None, legacy.calibration, done),
        lambda site: _plan(site, request, legacy, prior),
        lambda shape: _fits(shape, legacy, prior),
        site_of(job.run.site) if job.run else None,
        legacy.bag,
        legacy.outgrown,
        legacy.starved,
    )


def _wish_of_pages(job: JobRow, legacy: Legacy) -> Wish:
    request = job.request
    extent = extent_of_pages(request.dataset_dir, request.dataset, legacy.skip)
    kind, reading = request.kind.value, reading_of(request.pages or PageParameters(), request.model)
    work = Work(max(1.0, extent.pixels) if extent else PAGE_PIXELS, kind, reading)
    prior = prior_of_pages()
    return Wish(
        request,
        _files(request, extent),
        work,
        lambda site: _plan_pages(site, legacy, work, prior),
        prior.fits,
        site_of(job.run.site) if job.run else None,
        outgrown=legacy.outgrown,
        starved=legacy.starved,
    )


def _plan_pages(site: AnySiteConfig, legacy: Legacy, work: Work, prior: Prior) -> Plan:
    def seconds(shape: Shape) -> Belief:
        speed = speed_of(legacy.speeds.get(site.name, ()), work, shape)
        return Belief(SETUP + work.pixels * speed.value, speed.measured)

    return plan_pages(_shapes(site, legacy), site.ladder(), prior, seconds)


def _shapes(site: AnySiteConfig, legacy: Legacy) -> Sequence[Shape]:
    """Returns what a site offers that is not known to be too small."""
    return legacy.outgrown.beyond(site.shapes) or legacy.outgrown.as_much(site.shapes) or site.shapes


def _files(request: JobRequest, extent: Extent | None) -> dict[str, int]:
    """Returns the bytes of each file by its digest; the manifest itself is small."""
    files = {request.dataset: 0, **(extent.files if extent else {})}
    return files | {model.sha256: model.size for model, _ in request.models}


def _plan(site: AnySiteConfig, request: JobRequest, legacy: Legacy, prior: Prior) -> Plan:
    shapes, ladder = _shapes(site, legacy), site.ladder()
    if legacy.calibration is not None:
        return plan_rest(shapes, ladder, legacy.calibration, legacy.threads)
    return first_plan(shapes, ladder, request.calibration, prior)


def _fits(shape: Shape, legacy: Legacy, prior: Prior) -> bool:
    """Tells whether a shape is large enough, by what was measured or else by what such trainings take."""
    if legacy.calibration is None:
        return prior.fits(shape)
    return holds(shape, legacy.calibration)
