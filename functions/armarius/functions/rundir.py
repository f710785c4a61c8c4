"""The one class that owns every path of a run, and what is written there."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path

from pydantic import TypeAdapter
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from armarius.functions.claim import Claim, Claims, is_silent
from armarius.functions.contracts import (
    CalibrationReport,
    CheckpointRef,
    EvaluationReport,
    Progress,
    RunId,
    RunReport,
    RunSpec,
    RunState,
    Task,
    TrainReport,
)
from armarius.functions.errors import DamagedFile, NotRegular, RunBusy, Superseded
from armarius.functions.files import open_own, replacing, sha256_of, sync, write_bytes
from armarius.functions.signing import genuine, sign

_RUN_ID: TypeAdapter[str] = TypeAdapter(RunId)
KEPT_CHECKPOINTS = 2

ROOM = 64 * 1024
"""Bytes that a run keeps for the words of its end: a disk that is full by then must not leave it without a report."""

ALIVE_SECONDS = 20.0
"""A heart that beat so recently, on another machine, beats still, whatever a lock says that ends at a machine's border.
The clocks of the two may differ by some seconds."""

_LAST_LINES = 4096
"""Bytes of progress in which there is at least one whole line."""

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What a file system answers that knows no locks."""


@dataclass(frozen=True)
class RunDir:
    """The directory of one run.

    ```
    spec.json        what was asked; written once
    lock             held (flock) by the supervisor and by the engine
    claim.000001     who may write; holds where locks end at the border of a machine, too
    heartbeat        touched every second while the supervisor lives
    progress.jsonl   one Progress per line, appended by the engine
    checkpoints/     <step>.ckpt beside <step>.json, which holds its digest, signed
    calibration.json what was measured and foretold, once it was
    models/          the best weights of a finished training
    engine.json      how the engine ended, in its own words
    report.json      how the run ended: the truth
    engine.log       what kraken and torch printed
    CANCEL, PAUSE    wishes
    ```

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
    def models(self) -> Path:
        """The best weights."""
        return self.path / "models"

    @property
    def checkpoints(self) -> Path:
        """The newest checkpoints."""
        return self.path / "checkpoints"

    def checkpoint_path(self, step: int) -> Path:
        """Returns where the checkpoint after ``step`` optimiser steps is kept."""
        return self.checkpoints / f"{step:09d}.ckpt"

    # What was asked ------------------------------------------------------------------------------------------

    def write_spec(self, spec: RunSpec) -> None:
        """Writes what was asked, the first time."""
        if not self.spec_path.exists():
            write_bytes(self.spec_path, spec.canonical_json())

    def spec(self) -> RunSpec:
        """Reads what was asked."""
        return RunSpec.model_validate_json(self.spec_path.read_bytes())

    # Who computes --------------------------------------------------------------------------------------------

    def acquire(self) -> int:
        """Takes the lock and returns its file descriptor; the engine inherits it.

        The kernel frees the lock when the last process that holds the descriptor is gone, however it died.

        Raises:
            RunBusy: Another process holds it.
            NotRegular: The run's directory or its lock is a link.
        """
        if self.path.is_symlink():
            raise NotRegular(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = open_own(self.lock_path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(descriptor)
        except BlockingIOError:
            owner = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise RunBusy(self.run_id, owner) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {os.uname().nodename}\n".encode(), 0)
        return descriptor

    def is_locked(self) -> bool:
        """Tells whether somebody on this machine computes this run, or on any machine where locks reach further."""
        try:
            descriptor = os.open(self.lock_path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            flock(descriptor, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        finally:
            os.close(descriptor)
        return False

    def take_over(self) -> "RunDir":
        """Claims the run, once the lock is held, and returns the directory as its new owner sees it.

        A lock says nothing of another machine on some file systems. So a run that another machine claimed is watched
        for some seconds, and taken over only if its heart stands still.

        Raises:
            RunBusy: Another process computes it, or was faster.
        """
        before = self.current_claim()
        if before is not None and before.host != os.uname().nodename and not is_silent(self.heartbeat_path):
            raise RunBusy(self.run_id, str(before))
        return self.seal()

    def seal(self) -> "RunDir":
        """Claims a run of which it is known that it is over, whoever seems to hold it, to write its report.

        Raises:
            RunBusy: Another process was faster.
        """
        return replace(self, claim=Claims(self.path).take(self.run_id).number)

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

    def beat(self) -> None:
        """Shows that the supervisor lives."""
        self.heartbeat_path.touch()

    def heartbeat_age(self) -> float | None:
        """Returns the seconds since the last beat by this machine's clock, or None before the first."""
        try:
            return max(0.0, time.time() - self.heartbeat_path.stat().st_mtime)
        except FileNotFoundError:
            return None

    def state(self) -> RunState:
        """Tells where the run stands."""
        if self.report_path.exists():
            return RunState.ENDED
        if self.is_locked() or self._beats_elsewhere():
            return RunState.RUNNING
        if self.report_path.exists():  # written, and the lock freed, between the two looks
            return RunState.ENDED
        return RunState.LOST if self.heartbeat_path.exists() else RunState.UNKNOWN

    def is_computed_elsewhere(self) -> bool:
        """Tells whether another machine computes it and has not ended it, though a lock may say nothing of that."""
        return not self.report_path.exists() and self._beats_elsewhere()

    def _beats_elsewhere(self) -> bool:
        """Tells whether another machine computes it, as its heart says."""
        claim = self.current_claim()
        age = self.heartbeat_age()
        return claim is not None and claim.host != os.uname().nodename and age is not None and age < ALIVE_SECONDS

    # What is seen --------------------------------------------------------------------------------------------

    def append_progress(self, progress: Progress) -> None:
        """Adds a line, whole. Only the engine does so, and it holds the lock.

        Raises:
            Superseded: The run was taken over.
        """
        self.require_claim()
        with self.progress_path.open("ab") as stream:
            stream.write(progress.model_dump_json(exclude_defaults=True).encode() + b"\n")

    def read_progress(self, position: int = 0, at_most: int = 500) -> tuple[tuple[Progress, ...], int]:
        """Reads whole lines from a byte position on; from the middle of a line, the rest of that line is passed over.

        Returns:
            The lines, and the position at which to go on.
        """
        lines: list[Progress] = []
        try:
            stream = self.progress_path.open("rb")
        except FileNotFoundError:
            return (), 0
        with stream:
            if position > os.fstat(stream.fileno()).st_size:
                return (), position
            if position:
                stream.seek(position - 1)
                position += len(stream.readline()) - 1  # only the end of the line before, where it is a true position
            for line in stream:
                if not line.endswith(b"\n") or len(lines) == at_most:
                    break
                position += len(line)
                lines.append(Progress.model_validate_json(line))
        return tuple(lines), position

    def last_memory(self) -> int | None:
        """Returns the peak bytes that the engine told of last; None where it told of none."""
        with suppress(FileNotFoundError):
            lines, _ = self.read_progress(max(0, self.progress_path.stat().st_size - _LAST_LINES))
            return max((line.memory or 0 for line in lines), default=0) or None
        return None

    def mend_progress(self) -> None:
        """Drops a last line that a killed engine left unfinished."""
        self.require_claim()
        if self.progress_path.exists():
            whole, dot, _ = self.progress_path.read_bytes().rpartition(b"\n")
            os.truncate(self.progress_path, len(whole) + len(dot))

    # What remains --------------------------------------------------------------------------------------------

    def keep_room(self) -> None:
        """Takes room on the disk for the end of the run. It holds noise, of which no file system makes less.

        Raises:
            OSError: There is none.
        """
        write_bytes(self.room_path, os.urandom(ROOM))

    def free_room(self) -> None:
        """Gives the room back, to what is written at the end."""
        self.room_path.unlink(missing_ok=True)

    def write_report(self, report: RunReport) -> None:
        """Writes the end of the run, into the room that was kept for it.

        Raises:
            Superseded: The run was taken over.
        """
        self.require_claim()
        self.free_room()
        with replacing(self.report_path) as temporary:
            temporary.write_bytes(report.canonical_json())
            sync(temporary)
            self.require_claim()  # as late as can be: bringing it to the disk takes its time

    def report(self) -> RunReport:
        """Reads the end of the run."""
        text = self.report_path.read_bytes()
        return (
            TrainReport.model_validate_json(text)
            if self.spec().task is not Task.EVALUATE
            else (EvaluationReport.model_validate_json(text))
        )

    def write_calibration(self, report: CalibrationReport) -> None:
        """Keeps what was foretold apart from the report: a run may die before it has one."""
        self.require_claim()
        write_bytes(self.calibration_path, report.canonical_json())

    def calibration(self) -> CalibrationReport | None:
        """Reads what was foretold, or None where nothing was."""
        try:
            return CalibrationReport.model_validate_json(self.calibration_path.read_bytes())
        except FileNotFoundError:
            return None

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

    def release(self) -> None:
        """Deletes what is large: checkpoints, models, log, progress.

        What a late second delivery is known by stays: spec and report; and where there is no report, the wish to
        cancel, so that it will not begin anew.

        Raises:
            RunBusy: It is being computed.
            NotRegular: Its directory is a link, of which nothing is deleted.
        """
        if not self.path.exists():
            return
        lock = self.acquire()
        try:
            if self.is_computed_elsewhere():
                raise RunBusy(self.run_id, str(self.current_claim()))
            if not self.report_path.exists():
                self.cancel_path.touch()
            kept = {self.spec_path, self.report_path, self.lock_path, self.cancel_path}
            for path in self.path.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path not in kept:
                    path.unlink()
        finally:
            os.close(lock)


@retry(retry=retry_if_exception_type(BlockingIOError), stop=stop_after_delay(1), wait=wait_fixed(0.05), reraise=True)
def _lock(descriptor: int) -> None:
    """Takes the lock; tries for a second, because a look at the state holds it for an instant.

    Where the file system knows no locks, claims alone must do.
    """
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
