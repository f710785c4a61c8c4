"""The random number generators that a training draws from."""

import random
from typing import Any

import numpy as np
import torch


def capture() -> dict[str, Any]:
    """Returns the state of every generator."""
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore(state: dict[str, Any]) -> None:
    """Brings every generator back; of GPUs, as many as there are on both sides."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if torch.cuda.is_available():
        for device, held in enumerate(state["cuda"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(held, device)
