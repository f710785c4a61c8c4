"""Recurrent layers on a processor, which 16 bits make slower."""

from typing import Any

import torch

_WAS = "_armarius_autocast"


def in_full_precision(net: torch.nn.Module) -> None:
    """Lets the recurrent layers of a network compute in 32 bits where the rest computes in 16.

    On a processor made for 16 bits, convolutions then take half the time and recurrent layers twice as long
    (``benchmarks/steps.py``). Without autocast nothing changes.
    """
    for layer in net.modules():
        if isinstance(layer, torch.nn.LSTM):
            layer.register_forward_pre_hook(_before)
            layer.register_forward_hook(_after, always_call=True)


def _before(layer: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Suspends autocast, and brings what it made of the inputs back to 32 bits."""
    was = torch.is_autocast_enabled("cpu")
    setattr(layer, _WAS, was)
    if not was:
        return None
    torch.set_autocast_enabled("cpu", False)
    return tuple(_whole(each) for each in inputs)


def _whole(given: Any) -> Any:
    """Returns a tensor, or a packed sequence, in 32 bits; anything else as it is."""
    return given.float() if hasattr(given, "float") else given


def _after(layer: torch.nn.Module, _inputs: Any, _output: Any) -> None:
    """Takes autocast up again."""
    if getattr(layer, _WAS):
        torch.set_autocast_enabled("cpu", True)
