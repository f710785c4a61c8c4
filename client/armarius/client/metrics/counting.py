"""A witness of the journal that counts."""

from armarius.client.journal.witnesses import Begun, CheckpointHome, Ended, HandedOver, Happening, Opened
from armarius.client.metrics.instruments import Instruments


class Counting:
    """Counts what happens to runs.

    Args:
        instruments: On which.
    """

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def __call__(self, happening: Happening) -> None:
        """Counts one thing."""
        instruments = self._instruments
        if isinstance(happening, Opened):
            instruments.placed.labels(happening.site, happening.task).inc()
        elif isinstance(happening, HandedOver):
            instruments.handed_over.labels(happening.site).inc()
        elif isinstance(happening, Begun):
            instruments.started.labels(happening.site).inc()
            instruments.waited.labels(happening.site).observe(happening.waited)
        elif isinstance(happening, Ended):
            self._ended(happening)
        elif isinstance(happening, CheckpointHome):
            instruments.checkpoints.inc()

    def _ended(self, end: Ended) -> None:
        self._instruments.ended.labels(end.site, end.kind, end.outcome, end.reason).inc()
        self._instruments.computed.labels(end.site, end.kind).observe(end.seconds)
        self._instruments.gpu_seconds.labels(end.site).inc(end.gpu_seconds)
