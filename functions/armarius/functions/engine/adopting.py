"""A checkpoint that another site wrote: read without running anything of it, and written anew as this site's own.

A checkpoint is a pickle, and this site can know nothing of one that it did not sign. So a foreign one is read by
torch's restricted unpickler, which builds tensors, plain values and kraken's own descriptions, and calls nothing else.
What it built is written into the run as its own checkpoint, signed; from then on nobody reads the foreign file.
"""

from pathlib import Path
from typing import Any

import kraken.configs  # kraken names its descriptions to torch as harmless when it is imported
import kraken.lib.codec  # noqa: F401 - and its codec
import numpy as np
import torch

from armarius.functions.contracts import CheckpointRef, Reason
from armarius.functions.engine.session import Session
from armarius.functions.errors import EngineFault

_GENERATORS = [np.empty(0).__reduce__()[0], np.ndarray, np.dtype, type(np.dtype("uint32"))]
"""What the state of numpy's generator consists of; none of it runs anything."""


def is_staged(session: Session, reference: CheckpointRef) -> bool:
    """Tells whether a checkpoint of another site was sent here."""
    return session.site.blob(reference.sha256).is_file()


def adopt(session: Session, reference: CheckpointRef) -> CheckpointRef:
    """Makes a foreign checkpoint this run's own.

    Args:
        session: The run.
        reference: The checkpoint as the client knows it: what was sent must have this digest.

    Returns:
        The same as this run's own, signed by this site.

    Raises:
        DamagedFile: It is not what its digest says.
        EngineFault: It holds anything but a training's state, or that of another step.
    """
    content = _read(session.site.verified(reference.sha256, "The checkpoint"), reference)
    if not isinstance(content, dict) or content.get("global_step") != reference.step:
        raise _unfit(reference, "it is not of that step")
    folder = session.run.checkpoints
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "unfinished.ckpt"
    try:
        torch.save(content, fresh)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return session.run.record_checkpoint(fresh, reference.epoch, reference.step)


def _read(path: Path, reference: CheckpointRef) -> Any:
    try:
        with torch.serialization.safe_globals(_GENERATORS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, MemoryError):
        raise
    except Exception as fault:
        raise _unfit(reference, f"{type(fault).__name__}: {str(fault).splitlines()[0]}") from fault


def _unfit(reference: CheckpointRef, why: str) -> EngineFault:
    return EngineFault(
        Reason.BAD_CHECKPOINT,
        f"The checkpoint of step {reference.step} from another site cannot be taken up ({why}).",
        "Resume on the site that wrote it, or on one with the same versions of kraken and torch.",
    )
