"""The bounds that a site sets to every run of a shape and a walltime, whatever the client asks for."""

from collections.abc import Mapping

from armarius.functions.contracts import Limits

CPUS_VARIABLE = "ARMARIUS_CPUS"
MEMORY_VARIABLE = "ARMARIUS_MEMORY"
GPUS_VARIABLE = "ARMARIUS_GPUS"
WALLTIME_VARIABLE = "ARMARIUS_WALLTIME"
"""Seconds; the others are a number of threads, of bytes and of GPUs. The endpoint exports them to its workers."""

GPU_MEMORY_VARIABLE = "ARMARIUS_GPU_MEMORY"
SHARING_VARIABLE = "ARMARIUS_SHARING"
"""Where runs share a GPU: the bytes of it that each may take, and how many runs there may be on it."""

GPU_CONTEXT = 500_000_000
"""Bytes that a process takes of a GPU beside its tensors: CUDA's context and libraries. Assumed, not measured."""

_BOUNDS = {"cpus": CPUS_VARIABLE, "memory": MEMORY_VARIABLE, "gpus": GPUS_VARIABLE, "walltime": WALLTIME_VARIABLE}


def within(limits: Limits, environment: Mapping[str, str]) -> Limits:
    """Returns the lesser of what a client asked for and what its site allows, for each limit.

    Args:
        limits: What the client asked for; None asks for all there is.
        environment: Of the worker. A bound that it does not have is none: on somebody's own machine nobody sets any.

    Raises:
        ValueError: A bound is no whole number.
    """
    bounds = {name: int(environment[variable]) for name, variable in _BOUNDS.items() if variable in environment}
    asked = limits.model_dump()
    return Limits.model_validate(asked | {name: _lesser(asked[name], bound) for name, bound in bounds.items()})


def _lesser(asked: float | None, bound: int) -> float:
    return bound if asked is None or bound < asked else asked


def gpu_share(environment: Mapping[str, str]) -> int | None:
    """Returns the bytes of its GPU that a run may take; None where it has all of it.

    Raises:
        ValueError: They are no whole number.
    """
    share = environment.get(GPU_MEMORY_VARIABLE)
    return int(share) if share else None
