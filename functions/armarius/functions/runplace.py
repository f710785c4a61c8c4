"""Where a run is on its site, and under which claim a process writes there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from armarius.functions.claim import Claim, Claims
from armarius.functions.contracts import RunId
from armarius.functions.errors import Superseded
from armarius.functions.files import sha256_of

_RUN_ID: TypeAdapter[str] = TypeAdapter(RunId)


@dataclass(frozen=True)
class RunPlace:
    """The place of one run: every path in its directory.

    Attributes:
        runs: The directory of all runs.
        run_id: Checked: it can never name a path outside ``runs``.
        claim: The number of the claim under which this process writes; None where nobody else can.
    """

    runs: Path
    run_id: RunId
    claim: int | None = None

    def __post_init__(self) -> None:
        _RUN_ID.validate_python(self.run_id)

    @property
    def path(self) -> Path:
        """The directory itself."""
        return self.runs / self.run_id

    def told_of(self, path: Path) -> dict[str, Any]:
        """Returns what reports say of a file in the directory: digest, size, name, and the path from here."""
        size = path.stat().st_size
        return {"sha256": sha256_of(path), "size": size, "name": path.name, "path": str(path.relative_to(self.path))}

    @property
    def spec_path(self) -> Path:
        """What was asked."""
        return self.path / "spec.json"

    @property
    def lock_path(self) -> Path:
        """Held while somebody computes."""
        return self.path / "lock"

    @property
    def heartbeat_path(self) -> Path:
        """Its age tells whether the supervisor lives."""
        return self.path / "heartbeat"

    @property
    def progress_path(self) -> Path:
        """One JSON object per line."""
        return self.path / "progress.jsonl"

    @property
    def engine_path(self) -> Path:
        """The engine's own completion marker."""
        return self.path / "engine.json"

    @property
    def report_path(self) -> Path:
        """The end of the run."""
        return self.path / "report.json"

    @property
    def log_path(self) -> Path:
        """What kraken and torch printed."""
        return self.path / "engine.log"

    @property
    def cancel_path(self) -> Path:
        """Its presence is the wish to cancel."""
        return self.path / "CANCEL"

    @property
    def pause_path(self) -> Path:
        """Its presence is the wish to pause."""
        return self.path / "PAUSE"

    @property
    def room_path(self) -> Path:
        """What keeps room for the end of the run."""
        return self.path / "room"

    @property
    def calibration_path(self) -> Path:
        """What was measured and foretold."""
        return self.path / "calibration.json"

    @property
    def needs_path(self) -> Path:
        """Which files it will need, said before it was handed over."""
        return self.path / "needs.json"

    @property
    def models(self) -> Path:
        """The best weights."""
        return self.path / "models"

    @property
    def pages(self) -> Path:
        """Pages that were segmented or transcribed."""
        return self.path / "pages"

    @property
    def checkpoints(self) -> Path:
        """The newest checkpoints."""
        return self.path / "checkpoints"

    def checkpoint_path(self, step: int) -> Path:
        """Returns where the checkpoint after ``step`` optimiser steps is kept."""
        return self.checkpoints / f"{step:09d}.ckpt"

    def current_claim(self) -> Claim | None:
        """Tells who claimed the run last; None before the first."""
        return Claims(self.path).current()

    def require_claim(self) -> None:
        """Lets a process go on only while nobody has taken its run over; called before everything is written.

        Raises:
            Superseded: Somebody has.
        """
        if self.claim is not None and not Claims(self.path).holds(self.claim):
            raise Superseded(self.run_id)
