"""Recurrent layers on a processor: in 32 bits, and all lines of a batch at once."""

from collections.abc import Sequence
from typing import Any

import torch
from kraken.lib.vgsl.layers import TransposedSummarizingRNN
from torch.nn.utils.rnn import pad_sequence


def at_once(net: torch.nn.Module) -> None:
    """Lets the recurrent layers of a network compute all lines of a batch at once, and always in 32 bits.

    What they compute stays the same, but for rounding. The weights stay where they are, under the same names.
    """
    for layer in net.modules():
        if type(layer) is TransposedSummarizingRNN:
            layer.__class__ = LinesRNN


class LinesRNN(TransposedSummarizingRNN):  # type: ignore[misc]
    """kraken's recurrent layer, which takes lines of uneven width as fast as even ones.

    kraken packs lines, so that each ends where it ends, and torch computes packed lines on a processor step by step.
    Here each direction goes over padded lines at once, the second over lines that were turned round: so it, too, begins
    with writing and not with padding.

    On a processor made for 16 bits, convolutions take half the time in them and recurrent layers twice as long
    (``benchmarks/steps.py``).
    """

    def forward(self, inputs: Any, seq_len: Any = None, output_shape: Any = None) -> Any:
        """Returns what kraken's own returns.

        Args:
            inputs: Lines, channels, height, width. The width may be more than that of the widest line, unlike kraken's.
            seq_len: The width of each line, up to which it is read; None for all of it.
            output_shape: As kraken passes it.
        """
        with torch.autocast("cpu", enabled=False):
            inputs = inputs.float()
            if seq_len is None or self.transpose:
                return super().forward(inputs, seq_len, output_shape)
            lengths = seq_len.tolist()
            inputs = inputs[..., : max(lengths)]
            if self.summarize or self.legacy or inputs.shape[2] != 1:
                return super().forward(inputs, seq_len, output_shape)
            lines = inputs.squeeze(2).transpose(1, 2)
            return self._read(lines, lengths).transpose(1, 2).unsqueeze(2), seq_len

    def _read(self, lines: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Returns padded lines, what stands behind each being 0."""
        if min(lengths) == lines.shape[1]:
            return self.layer(lines)[0]
        read = _cut(self._one_way(lines, 0), lengths)
        if self.bidi:
            turned = pad_sequence(_turned(_cut(lines, lengths)), batch_first=True)
            back = _turned(_cut(self._one_way(turned, 1), lengths))
            read = [torch.cat(both, dim=1) for both in zip(read, back, strict=True)]
        return pad_sequence(read, batch_first=True)

    def _one_way(self, lines: torch.Tensor, direction: int) -> torch.Tensor:
        start = lines.new_zeros(1, len(lines), self.hidden_size)
        weights, biased = self.layer.all_weights[direction], self.layer.bias
        return torch.lstm(lines, (start, start), weights, biased, 1, 0.0, self.training, False, True)[0]


def _cut(lines: torch.Tensor, lengths: Sequence[int]) -> list[torch.Tensor]:
    return [line[:length] for line, length in zip(lines, lengths, strict=True)]


def _turned(lines: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [line.flip(0) for line in lines]
