"""Which checkpoints belong to which training."""

from pydantic import TypeAdapter, ValidationError

from armarius.functions.contracts import Parameters, RunSpec, TrainingParameters

FREE = {"quit", "epochs", "min_epochs", "lag", "min_delta"}
"""Parameters that may change when a training goes on: they only say when it ends."""

_PARAMETERS: TypeAdapter[TrainingParameters] = TypeAdapter(Parameters)


def job_of(spec: RunSpec) -> str:
    """Names what is trained on what: checkpoints of one name can be taken up."""
    model = spec.model.sha256 if spec.model else ""
    return f"{spec.dataset} {model} {spec.parameters.model_dump_json(exclude=FREE)}"


def same_job(kept: str, spec: RunSpec) -> bool:
    """Tells whether a checkpoint is of what a spec asks for.

    Parameters are compared as such: an earlier release wrote them in another order, and knew fewer of them.

    Args:
        kept: What :func:`job_of` returned when it was written.
        spec: What is asked.
    """
    own = job_of(spec)
    dataset, model, written = kept.split(" ", 2)
    try:
        parameters = _PARAMETERS.validate_json(written)
    except ValidationError:  # a later release wrote it
        return False
    return job_of(spec.model_copy(update={"parameters": parameters})) == own and [dataset, model] == own.split(" ")[:2]
