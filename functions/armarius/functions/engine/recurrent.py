"""Recurrent layers on a processor: in 32 bits, and all lines of a batch at once."""

from collections.abc import Iterable
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence, pad_sequence


def at_once(net: torch.nn.Module) -> None:
    """Lets the recurrent layers of a network compute all lines of a batch at once, and always in 32 bits.

    What they compute stays the same, but for rounding. The weights stay where they are, under the same names.
    """
    for layer in net.modules():
        if type(layer) is torch.nn.LSTM:
            layer.__class__ = LineLSTM


class LineLSTM(torch.nn.LSTM):  # type: ignore[misc]
    """An LSTM of one layer, as kraken's are, that computes lines of uneven width nearly as fast as even ones.

    Where each line ends is told by packing them, and torch computes packed lines on a processor step by step. Here each
    direction goes over padded lines at once, the second over lines that were turned round: so it, too, begins with
    writing and not with padding.

    On a processor made for 16 bits, convolutions take half the time in them and recurrent layers twice as long
    (``benchmarks/steps.py``).
    """

    def forward(self, given: Any, state: Any = None) -> Any:
        """Returns what torch's own returns, but no last state for packed lines."""
        with torch.autocast("cpu", enabled=False):
            if isinstance(given, PackedSequence):
                return self._packed(given), None
            return super().forward(given.float(), state)

    def _packed(self, given: PackedSequence) -> PackedSequence:
        lines, lengths = pad_packed_sequence(given.float(), batch_first=True)
        return pack_padded_sequence(self._padded(lines, lengths), lengths, batch_first=True, enforce_sorted=False)

    def _padded(self, lines: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        if not self.bidirectional:
            return super().forward(lines)[0]
        half = len(self._flat_weights) // 2
        onward = self._one_way(lines, self._flat_weights[:half])
        back = self._one_way(_turned(lines, lengths), self._flat_weights[half:])
        return torch.cat((onward, _turned(back, lengths)), dim=2)

    def _one_way(self, lines: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
        start = lines.new_zeros(1, len(lines), self.hidden_size)
        return torch.lstm(lines, (start, start), weights, self.bias, 1, 0.0, self.training, False, True)[0]


def _turned(lines: torch.Tensor, lengths: Iterable[int]) -> torch.Tensor:
    """Returns padded lines from their end to their beginning; what pads them stays behind them."""
    turned = [line[:length].flip(0) for line, length in zip(lines, lengths, strict=True)]
    return pad_sequence(turned, batch_first=True)
