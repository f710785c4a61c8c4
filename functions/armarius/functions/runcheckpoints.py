"""The checkpoints of a run: few, whole, and signed."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from armarius.functions.contracts import CheckpointRef
from armarius.functions.errors import DamagedFile, Superseded
from armarius.functions.files import replacing, sha256_of, sync, write_bytes
from armarius.functions.runplace import RunPlace
from armarius.functions.signing import genuine, sign

KEPT_CHECKPOINTS = 2


class RunCheckpoints(RunPlace):
    """The checkpoints of a run, in ``checkpoints/``."""

    def record_checkpoint(self, written: Path, epoch: int, step: int) -> CheckpointRef:
        """Takes a finished checkpoint file into the run, and lets the oldest go.

        Args:
            written: The file, in :attr:`checkpoints` under any name; it is moved.
            epoch: Whole epochs done.
            step: Optimiser steps done.

        Raises:
            NoKey: The site cannot sign it.
            Superseded: The run was taken over; the file is deleted.
        """
        try:
            self.require_claim()
        except Superseded:
            written.unlink(missing_ok=True)
            raise
        reference = CheckpointRef(
            run_id=self.run_id, sha256=sha256_of(written), size=written.stat().st_size, epoch=epoch, step=step
        )
        path = self.checkpoint_path(step)
        path.with_suffix(".json").unlink(missing_ok=True)  # of an earlier one after the same step
        with replacing(path) as temporary:
            written.replace(temporary)
            sync(temporary)
            self.require_claim()  # as late as can be
        write_bytes(path.with_suffix(".json"), sign(reference).canonical_json())
        for old in self._checkpoint_records()[KEPT_CHECKPOINTS:]:
            old.with_suffix(".ckpt").unlink(missing_ok=True)
            old.unlink(missing_ok=True)
        return reference

    def _checkpoint_records(self) -> list[Path]:
        """Returns the records, newest first."""
        return sorted(self.checkpoints.glob("[0-9]*.json"), reverse=True)

    def newest_checkpoint(self) -> CheckpointRef | None:
        """Returns the newest checkpoint that is on record."""
        return next(self.checkpoint_refs(), None)

    def checkpoint_refs(self) -> Iterator[CheckpointRef]:
        """Yields the checkpoints that this site put on record, newest first; their content is not checked.

        A record that the site did not sign counts for nothing: one of another run, a damaged one, a forged one.
        """
        for record in self._checkpoint_records():
            with suppress(FileNotFoundError):  # replaced meanwhile
                reference = genuine(record.read_bytes())
                if reference is not None and reference.run_id == self.run_id:
                    yield reference

    def verified(self, reference: CheckpointRef) -> Path:
        """Returns the file of a checkpoint of this run.

        Raises:
            DamagedFile: Its content is not what was recorded.
        """
        path = self.checkpoint_path(reference.step)
        if not path.is_file() or sha256_of(path) != reference.sha256:
            raise DamagedFile(path)
        return path
