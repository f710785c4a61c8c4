"""kraken's trainer, set up so that it leaves everything else to us."""

from typing import Any

from kraken.train import KrakenTrainer
from lightning.pytorch.plugins.environments import LightningEnvironment

from armarius.functions.contracts import TrainingParameters
from armarius.functions.engine.session import Session

FULL = "32-true"
"""The arithmetic of tests, which is what people read with."""


def build_trainer(session: Session, callbacks: list[Any], training: TrainingParameters | None = None) -> Any:
    """Returns a trainer with the settings of ``ketos train``.

    No logger, no checkpoints of its own, no progress bar; and not Lightning's own handling of Slurm, which would
    requeue the job and later resume from whatever lies in the working directory.

    Args:
        session: Whose limits and directory to use.
        callbacks: Ours, in the order in which they are called.
        training: How to train; without, for a test.
    """
    return KrakenTrainer(
        accelerator="gpu" if session.spec.limits.gpus else "cpu",
        devices=1,
        precision=training.precision if training else FULL,
        max_epochs=training.epochs if training else 1,
        min_epochs=0,
        callbacks=callbacks,
        gradient_clip_val=training.gradient_clip_val if training else None,
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_summary=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        use_distributed_sampler=False,
        plugins=[LightningEnvironment()],
        default_root_dir=str(session.run.path / "lightning"),
    )
