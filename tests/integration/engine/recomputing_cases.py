"""Trains a network of which one step has gradients that are no numbers; prints what came of it as JSON."""

import json
import os
import sys
from typing import Any

import torch
from lightning import LightningModule, Trainer
from torch.utils.data import DataLoader

from armarius.functions.engine.ledger import Ledger
from armarius.functions.engine.patience import Patience
from armarius.functions.engine.recomputing import Recomputing

STEPS, BROKEN = 6, 3


class Net(LightningModule):  # type: ignore[misc]
    """A layer whose gradient at one step is no number.

    Args:
        when: "never", "in 16 bits", or "always".
    """

    def __init__(self, when: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(4, 4)
        self.layer.weight.register_hook(self._gradient)
        self.broken = {"never": (), "in 16 bits": (True,), "always": (True, False)}[when]
        self.weights: list[list[float]] = []
        self.drawn: list[float] = []

    def training_step(self, batch: torch.Tensor, _number: int) -> torch.Tensor:
        self.half = torch.is_autocast_enabled("cpu")
        loss = torch.nn.functional.dropout(self.layer(batch)).square().sum()
        self.log("train_loss", loss, on_step=True, on_epoch=True)  # as kraken's segmentation does
        return loss

    def _gradient(self, gradient: torch.Tensor) -> torch.Tensor:
        broken = self.global_step == BROKEN and self.half in self.broken
        return gradient * float("nan") if broken else gradient

    def on_train_batch_end(self, *_: Any) -> None:
        self.weights.append(self.layer.weight.detach().flatten().tolist())
        self.drawn.append(float(torch.rand(())))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=0.01, weight_decay=0.0)


def trained(when: str, folder: str) -> dict[str, Any]:
    """Trains it with gradients that are cut, as those of every training here."""
    net, ledger = Net(when), Ledger(Patience(1, 0, None), "job")
    trainer = Trainer(
        accelerator="cpu",
        precision="bf16-mixed",
        max_epochs=1,
        gradient_clip_val=1.0,
        callbacks=[Recomputing(ledger)],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        default_root_dir=folder,
    )
    lines = torch.randn(STEPS, 4, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(2)
    trainer.fit(net, DataLoader(lines, batch_size=1))
    counted = {"recomputed": ledger.recomputed, "left_out": ledger.left_out}
    return {"weights": net.weights, "drawn": net.drawn, "counted": counted}


if __name__ == "__main__":
    found = {when: trained(when, sys.argv[1]) for when in ("never", "in 16 bits", "always")}
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)
