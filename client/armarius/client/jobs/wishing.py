"""From a job and what its earlier runs left to what it needs of a site."""

from armarius.client.config import AnySiteConfig
from armarius.client.jobs.legacy import Legacy
from armarius.client.jobs.places import site_of
from armarius.client.jobs.plan import Plan, first_plan, holds, plan_rest
from armarius.client.jobs.priors import Prior, line_height, prior_of
from armarius.client.jobs.request import JobRequest
from armarius.client.journal import JobRow
from armarius.client.pages import PackedDataset
from armarius.client.pages.widest import widest_line
from armarius.client.placement.candidate import Wish
from armarius.client.placement.work import work_left
from armarius.functions.contracts import BadInput, Manifest, Shape


def wish_of(job: JobRow, legacy: Legacy) -> Wish:
    """Returns what a job needs of a site now."""
    request = job.request
    manifest = _manifest(request)
    prior = _prior(manifest, legacy)
    return Wish(
        request,
        _files(request, manifest),
        work_left(legacy.parameters, manifest, legacy.calibration, legacy.bag.reference.epoch if legacy.bag else 0),
        lambda site: _plan(site, request, legacy, prior),
        lambda shape: _fits(shape, legacy, prior),
        site_of(job.run.site) if job.run else None,
        legacy.bag,
        legacy.outgrown,
        legacy.starved,
    )


def _manifest(request: JobRequest) -> Manifest | None:
    """Reads what is trained on; a dataset that cannot be read is complained of when it is sent."""
    try:
        return PackedDataset.load(request.dataset_dir).manifest
    except BadInput:
        return None


def _files(request: JobRequest, manifest: Manifest | None) -> dict[str, int]:
    """Returns the bytes of each file by its digest; the manifest itself is small."""
    files = {request.dataset: 0}
    if manifest is not None:
        files |= {image.sha256: image.size for image in manifest.images()}
    if request.model is not None and request.model_path is not None:
        files[request.model.sha256] = request.model.size
    return files


def _prior(manifest: Manifest | None, legacy: Legacy) -> Prior:
    if manifest is None:
        return prior_of(legacy.parameters)
    return prior_of(legacy.parameters, widest_line(manifest, line_height(legacy.parameters)))


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
