"""Where a training goes on from."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from armarius.functions.contracts import CheckpointRef, Choice, Phase, Reason
from armarius.functions.engine.adopting import adopt, is_staged
from armarius.functions.engine.bookkeeping import Bookkeeper
from armarius.functions.engine.ledger import choice_in
from armarius.functions.engine.lineage import same_job
from armarius.functions.engine.session import Session
from armarius.functions.errors import DamagedFile, EngineFault, MissingData
from armarius.functions.signing import make_key

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was found, verified and read.

    Attributes:
        path: Its file.
        content: Lightning's dictionary.
        reference: What it is known by.
    """

    path: Path
    content: dict[str, Any]
    reference: CheckpointRef

    @property
    def state(self) -> dict[str, Any]:
        """What our own callback kept."""
        state: dict[str, Any] = self.content["callbacks"][Bookkeeper.STATE]
        return state

    @property
    def choice(self) -> Choice | None:
        """The batch size and precision with which it was made."""
        return choice_in(self.state["ledger"])


def find_checkpoint(session: Session) -> Checkpoint | None:
    """Returns the newest checkpoint of this run that is undamaged, else the one that the spec names, else None.

    Nothing is ever unpickled that this site has not signed. One of another site, if it was sent here, is read without
    running anything of it (:mod:`~armarius.functions.engine.adopting`). Where the one that the spec names is nowhere,
    the training begins anew and says so.

    Side effects: Makes the key for the checkpoints to come, if there is none.

    Raises:
        NoKey: No checkpoint could be signed; better known now than after the first hour.
        EngineFault: None can be read, or it is of another training.
    """
    make_key()
    for reference in session.run.checkpoint_refs():
        try:
            return _read(session, session.run.verified(reference), reference)
        except DamagedFile as fault:
            logger.warning("%s The one before it is taken.", fault)
    reference_given = session.spec.resume_from
    if reference_given is None:
        return None
    try:
        path = session.site.checkpoint(reference_given)
    except MissingData as fault:
        if is_staged(session, reference_given):
            own = adopt(session, reference_given)
            return _read(session, session.run.verified(own), own)
        logger.warning("%s The training begins anew.", fault)
        session.progress(Phase.PREPARING, message=f"{fault.message} The training begins anew.")
        return None
    return _read(session, path, reference_given)


def _read(session: Session, path: Path, reference: CheckpointRef) -> Checkpoint:
    """Loads a verified checkpoint."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=False)
        checkpoint = Checkpoint(path, content, reference)
        job = checkpoint.state["ledger"]["job"]
    except (OSError, MemoryError):
        raise
    except Exception as fault:
        raise EngineFault(
            Reason.BAD_CHECKPOINT,
            f"The checkpoint of step {reference.step} cannot be read ({type(fault).__name__}: {fault}).",
            "Resume on a site with the same versions of kraken and torch, or train anew.",
        ) from fault
    if not same_job(job, session.spec):
        raise EngineFault(
            Reason.BAD_CHECKPOINT,
            f"The checkpoint of step {reference.step} belongs to a training on other pages or with other parameters.",
            "Resume with what the training was begun with, or train anew.",
        )
    return checkpoint
