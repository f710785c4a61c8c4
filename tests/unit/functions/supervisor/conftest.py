import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from armarius.functions import child, supervisor


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks more often than on a cluster."""
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(child, "GRACE_SECONDS", 0.2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the supervisor believe that time has passed as soon as a file is there."""

    def set_(**seconds_with: tuple[Path, float]) -> None:
        def monotonic() -> float:
            return max((seconds for path, seconds in seconds_with.values() if path.exists()), default=0.0)

        monkeypatch.setattr(supervisor, "time", SimpleNamespace(monotonic=monotonic, time=time.time))

    return set_
