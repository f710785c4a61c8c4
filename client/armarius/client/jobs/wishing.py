"""From a job and what its earlier runs left to what it needs of a site."""

from armarius.client.config import AnySiteConfig
from armarius.client.jobs.extent import Extent, extent_of
from armarius.client.jobs.legacy import Legacy
from armarius.client.jobs.places import site_of
from armarius.client.jobs.plan import Plan, first_plan, holds, plan_rest
from armarius.client.jobs.priors import Prior, prior_of
from armarius.client.jobs.request import JobRequest
from armarius.client.journal import JobRow
from armarius.client.placement.candidate import Wish
from armarius.client.placement.work import work_left
from armarius.functions.contracts import Shape


def wish_of(job: JobRow, legacy: Legacy) -> Wish:
    """Returns what a job needs of a site now."""
    request = job.request
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


def _files(request: JobRequest, extent: Extent | None) -> dict[str, int]:
    """Returns the bytes of each file by its digest; the manifest itself is small."""
    files = {request.dataset: 0, **(extent.files if extent else {})}
    if request.model is not None and request.model_path is not None:
        files[request.model.sha256] = request.model.size
    return files


def _plan(site: AnySiteConfig, request: JobRequest, legacy: Legacy, prior: Prior) -> Plan:
    offered, ladder = site.shapes, site.ladder()
    shapes = legacy.outgrown.beyond(offered) or legacy.outgrown.as_much(offered) or offered
    if legacy.calibration is not None:
        return plan_rest(shapes, ladder, legacy.calibration, legacy.threads)
    return first_plan(shapes, ladder, request.calibration, prior)


def _fits(shape: Shape, legacy: Legacy, prior: Prior) -> bool:
    """Tells whether a shape is large enough, by what was measured or else by what such trainings take."""
    if legacy.calibration is None:
        return prior.fits(shape)
    return holds(shape, legacy.calibration)
