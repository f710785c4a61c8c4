"""What is counted while a driver drives, and under which names."""

from prometheus_client import CollectorRegistry, Counter, Histogram

WAITS = (1, 10, 30, 60, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 24 * 3600, 72 * 3600)
"""Bounds in seconds: from a free machine to a queue of days."""

STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Bounds in seconds of what this process does, and of calls to sites."""


class Instruments:
    """All of them.

    Args:
        registry: Where they are listed.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.placed = _counter(registry, "runs_placed", "Runs that were given to a site.", "site", "task")
        self.handed_over = _counter(registry, "runs_handed_over", "Hand-overs of runs, repeated ones too.", "site")
        self.started = _counter(registry, "runs_started", "Runs whose first sign was heard.", "site")
        self.ended = _counter(registry, "runs_ended", "Runs that ended.", "site", "kind", "outcome", "reason")
        self.gpu_seconds = _counter(registry, "gpu_seconds", "GPU time of runs that ended.", "site")
        self.checkpoints = _counter(registry, "checkpoints_home", "Checkpoints that came to the pool's machine.")
        self.staged = _counter(registry, "staged_bytes", "Bytes of transfers that were begun.", "site", "direction")
        self.calls = _counter(registry, "port_calls", "Calls to sites and to Transfer.", "site", "port", "call")
        self.errors = _counter(
            registry, "port_errors", "Calls that failed.", "site", "port", "call", "error", "transient"
        )
        self.waited = _histogram(
            registry, "queue_wait", "From the hand-over of a run to its first sign.", WAITS, "site"
        )
        self.computed = _histogram(registry, "run", "What runs that ended took.", WAITS, "site", "kind")
        self.call_seconds = _histogram(registry, "port_call", "What calls took.", STEPS, "port", "call")
        self.advanced = _histogram(registry, "advance", "What a step of a job took.", STEPS)


def _counter(registry: CollectorRegistry, name: str, said: str, *labels: str) -> Counter:
    return Counter(f"armarius_{name}", said, labels, registry=registry)


def _histogram(registry: CollectorRegistry, name: str, said: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"armarius_{name}_seconds", said, labels, buckets=bounds, registry=registry)
