"""Lines of shell that a scheduler's job begins with: the same for an endpoint and for a pool on a submit host."""

import math
from collections.abc import Sequence
from shlex import quote

from armarius.client.config.durations import seconds_of
from armarius.functions.contracts import Shape
from armarius.functions.frame import (
    CPUS_VARIABLE,
    GPU_MEMORY_VARIABLE,
    GPUS_VARIABLE,
    MEMORY_VARIABLE,
    SHARING_VARIABLE,
    WALLTIME_VARIABLE,
)

SCRATCH_NAME = "armarius-job"
"""How a job's own temporary folder begins."""

_GRACE_MINUTES = 60


def exports(settings: dict[str, str]) -> list[str]:
    """Returns the lines that put settings into the environment."""
    return [f"export {name}={quote(value)}" for name, value in sorted(settings.items())]


def shape_bounds(shape: Shape) -> list[str]:
    """Returns the lines that tell a worker what a run of a shape may take."""
    taken = {CPUS_VARIABLE: shape.cpus, MEMORY_VARIABLE: shape.memory, GPUS_VARIABLE: shape.gpus}
    if shape.gpus and shape.sharing > 1:  # a slice or a whole GPU has a limit of its own
        taken |= {SHARING_VARIABLE: shape.sharing} | (
            {GPU_MEMORY_VARIABLE: shape.gpu_memory} if shape.gpu_memory else {}
        )
    return exports({name: str(value) for name, value in taken.items()})


def walltime_bound(walltime: str) -> list[str]:
    """Returns the line that tells a worker how long a run may take, such as "8h"."""
    return exports({WALLTIME_VARIABLE: str(max(1, int(seconds_of(walltime))))})


def own_scratch(scratch: str | None, walltimes: Sequence[str], allowance: str) -> list[str]:
    """Returns the lines that give each job a folder of its own on its node, and take it away again.

    A job that is killed outright leaves its folder behind; a later job on the same node removes what no job that
    still runs can have made.

    Args:
        scratch: A directory on the node, or None to leave temporary files where they go.
        walltimes: All that there are.
        allowance: What a job gets more than that.
    """
    if not scratch:
        return []
    longest = max(map(seconds_of, walltimes)) + seconds_of(allowance)
    minutes = math.ceil(longest / 60) + _GRACE_MINUTES
    old = f"-maxdepth 1 -name '{SCRATCH_NAME}.*' -user \"$(id -u)\" -mmin +{minutes}"
    return [
        f"find {quote(scratch)} {old} -exec rm -rf {{}} + 2>/dev/null",
        f'export TMPDIR="$(mktemp -d {quote(scratch)}/{SCRATCH_NAME}.XXXXXXXX)"',
        """trap 'rm -rf "$TMPDIR"' EXIT""",
    ]
