"""The functions that compute. Each takes a RunSpec and returns the run's RunStatus, both as JSON.

All are idempotent by run id: Globus Compute can deliver a task twice. The second delivery of an ended run returns its
report; of a run in the middle of another process, that it is running; of a run whose process died, it goes on.
"""

from contextlib import suppress
from typing import Any

from armarius.functions.contracts import BadInput, RunSpec, Task
from armarius.functions.errors import RunBusy, Stopped, Superseded
from armarius.functions.registered.control import status_of
from armarius.functions.site import Site
from armarius.functions.supervisor import supervise


def calibrate(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Starts a training, measures it, and goes on to the end when the rest fits into the allocation.

    Args:
        payload: A RunSpec of the task "calibrate".
        site: Where; by default as the endpoint's environment says.

    Returns:
        The RunStatus; its report is a TrainReport.
    """
    return _compute(Task.CALIBRATE, payload, site)


def train(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Trains to the end, from a checkpoint of the same job where the spec names one.

    Args and returns are those of :func:`calibrate`, for the task "train".
    """
    return _compute(Task.TRAIN, payload, site)


def evaluate(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Reads the test pages of a dataset with a model and counts its errors.

    Args and returns are those of :func:`calibrate`, for the task "evaluate" and an EvaluationReport.
    """
    return _compute(Task.EVALUATE, payload, site)


def segment(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Finds lines and regions on the pages of a dataset and writes each page as ALTO, PAGE or text.

    Args and returns are those of :func:`calibrate`, for the task "segment" and a PagesReport.
    """
    return _compute(Task.SEGMENT, payload, site)


def transcribe(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Reads the pages of a dataset: on those without lines, it finds them first.

    Args and returns are those of :func:`calibrate`, for the task "transcribe" and a PagesReport.
    """
    return _compute(Task.TRANSCRIBE, payload, site)


def _compute(task: Task, payload: dict[str, Any], site: Site | None) -> dict[str, Any]:
    spec = RunSpec.model_validate(payload)
    if spec.task is not task:
        raise BadInput(f"A spec for {spec.task.value!r} was sent to {task.value!r}.")
    site = site or Site.from_environment()
    with suppress(RunBusy, Stopped, Superseded):
        supervise(site, spec)
    return status_of(site.run(spec.run_id)).model_dump(mode="json")
