"""Are the GPUs there that the shapes promise?"""

from collections.abc import Iterator

from armarius.endpoint_config.doctor.check import Check, ok, problem, warning
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.doctor.nodes import NoNode, heard_of
from armarius.endpoint_config.doctor.people import not_as_root
from armarius.endpoint_config.shapes import SiteShape

THEME = "gpus"


@not_as_root(THEME)
def seen(context: Context) -> Iterator[Check]:
    """Lets a node of each shape with GPUs list them."""
    for shape in context.profile.shapes:
        if shape.gpus:
            yield from _of(context, shape)


def _of(context: Context, shape: SiteShape) -> Iterator[Check]:
    try:
        report = heard_of(context, shape).report
    except NoNode:
        yield warning(THEME, f"Not examined for shape {shape.name}: no node answered.", "See the theme scheduler.")
        return
    whole = [line for line in report.gpus if line.startswith("GPU ")]
    if missing := [device for device in shape.accelerators if not _listed(device, report.gpus, len(whole))]:
        mend = "Name them as nvidia-smi -L does."
        yield problem(THEME, f"{report.host} does not list {', '.join(missing)} of shape {shape.name}.", mend)
    elif not shape.accelerators and len(whole) < shape.gpus:
        mend = "Ask for them with slurm.gres, and see that the driver is there: nvidia-smi -L"
        yield problem(THEME, f"{report.host} shows {len(whole)} GPUs, and shape {shape.name} has {shape.gpus}.", mend)
    else:
        yield ok(THEME, f"{report.host} shows what shape {shape.name} promises.")


def _listed(device: str, lines: tuple[str, ...], whole: int) -> bool:
    """A number counts GPUs from 0; a name stands in a line of its own, in brackets."""
    return int(device) < whole if device.isdigit() else any(f"UUID: {device})" in line for line in lines)
