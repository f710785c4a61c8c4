"""Where a function runs: beside the endpoint, where it only answers, or in a worker that may compute."""

import os

from armarius.functions.contracts import BadInput

ROLE_VARIABLE = "ARMARIUS_ROLE"
BATCH_ROLE = "batch"
"""What the endpoint exports to the workers of its jobs, and to nothing else."""


def require_batch(name: str) -> None:
    """Lets a function go on only where it may compute: a login node is no place for a training.

    Args:
        name: Of the function, for the message.

    Raises:
        BadInput: This process is no worker of a job.
    """
    if os.environ.get(ROLE_VARIABLE) != BATCH_ROLE:
        raise BadInput(
            f"{name!r} computes, and was sent to where this site only answers questions.",
            'Send it to a user endpoint of the role "batch", with a shape and a walltime.',
        )
