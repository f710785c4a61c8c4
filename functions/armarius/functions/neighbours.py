"""How many runs compute on the same GPU at once: each leaves a sign of life, and counts those of the others."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from armarius.functions.frame import SHARING_VARIABLE
from armarius.functions.site import Site

FOLDER = "sharing"
"""The directory below a site's root of signs of life."""

ALIVE_SECONDS = 10.0
"""A sign that is older than one's own by more was left behind."""

_DEVICES = ("SLURM_JOB_GPUS", "CUDA_VISIBLE_DEVICES")
"""What names the GPU: Slurm's own number where there is one, for a job may count its GPUs from 0."""


class Neighbours:
    """The runs on one GPU, as one of them sees them.

    Args:
        folder: Where all that compute on it leave their signs.
        run_id: This run.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self._folder = folder
        self._own = folder / run_id
        self._seen = 0
        self._looks = 0

    @classmethod
    def of(cls, site: Site, run_id: str, environment: Mapping[str, str] = os.environ) -> "Neighbours | None":
        """Returns those of a run; None where it has a GPU, or a slice of one, for itself."""
        if int(environment.get(SHARING_VARIABLE) or 1) <= 1:
            return None
        device = next((environment[name] for name in _DEVICES if environment.get(name)), "gpu")
        name = re.sub(r"[^A-Za-z0-9-]", "_", f"{os.uname().nodename}-{device}")
        return cls(site.root / FOLDER / name, run_id)

    @property
    def mean(self) -> float | None:
        """How many others there were at a time; None before the first look."""
        return self._seen / self._looks if self._looks else None

    def look(self) -> None:
        """Leaves a sign, and counts those of others.

        Raises:
            OSError: The file system does not let it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._own.touch()
        now = self._own.stat().st_mtime  # by the same clock as the signs of others
        others = [self._age(path, now) for path in self._folder.iterdir() if path != self._own]
        self._seen += sum(age < ALIVE_SECONDS for age in others)
        self._looks += 1

    def leave(self) -> None:
        """Takes the own sign away."""
        with suppress(OSError):
            self._own.unlink()

    def _age(self, path: Path, now: float) -> float:
        try:
            return now - path.stat().st_mtime
        except FileNotFoundError:
            return ALIVE_SECONDS
