"""How long files take to a site, by what its transfers took before. Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass

from armarius.client.placement.belief import believed

EXPECTED_RATE = 20e6
"""Bytes per second before anything was measured: 160 Mbit/s, what a university's line mostly gives."""

EXPECTED_OVERHEAD = 10.0
"""Seconds that any transfer takes, however small: packing, handing over, unpacking."""

SMALL = 5_000_000
"""Bytes up to which a transfer says something of the overhead, and nothing of the rate."""


@dataclass(frozen=True)
class Carriage:
    """How a site is reached.

    Attributes:
        rate: Bytes per second.
        overhead: Seconds that any transfer takes.
    """

    rate: float = EXPECTED_RATE
    overhead: float = EXPECTED_OVERHEAD

    def seconds(self, size: int) -> float:
        """Returns what it takes to bring so many bytes; nothing for none."""
        return self.overhead + size / self.rate if size else 0.0


def carriage(transfers: Sequence[tuple[int, float]]) -> Carriage:
    """Learns from transfers.

    Args:
        transfers: Bytes and seconds of each.
    """
    small = [seconds for size, seconds in transfers if size <= SMALL]
    overhead = believed(small, EXPECTED_OVERHEAD).value
    per_byte = [max(seconds - overhead, seconds / 10) / size for size, seconds in transfers if size > SMALL]
    return Carriage(1 / believed(per_byte, 1 / EXPECTED_RATE).value, overhead)
