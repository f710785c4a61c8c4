"""The one class that owns a run's directory: who computes it, what was asked, and how it ended."""

import errno
import os
import shutil
import time
from dataclasses import dataclass, replace
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from armarius.functions.claim import Claims, is_silent
from armarius.functions.contracts import CalibrationReport, RunReport, RunSpec, RunState, report_of
from armarius.functions.errors import NotRegular, RunBusy
from armarius.functions.files import open_own, replacing, sync, write_bytes
from armarius.functions.runcheckpoints import RunCheckpoints
from armarius.functions.runneeds import RunNeeds
from armarius.functions.runpages import RunPages
from armarius.functions.runprogress import RunProgress

ROOM = 64 * 1024
"""Bytes that a run keeps for the words of its end: a disk that is full by then must not leave it without a report."""

ALIVE_SECONDS = 20.0
"""A heart that beat so recently, on another machine, beats still, whatever a lock says that ends at a machine's border.
The clocks of the two may differ by some seconds."""

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What a file system answers that knows no locks."""


@dataclass(frozen=True)
class RunDir(RunProgress, RunCheckpoints, RunNeeds, RunPages):
    """The directory of one run.

    ```
    needs.json       the files that it will need, said before it was handed over; its age tells who still waits for it
    spec.json        what was asked; written once
    lock             held (flock) by the supervisor and by the engine
    claim.000001     who may write; holds where locks end at the border of a machine, too
    heartbeat        touched every second while the supervisor lives
    progress.jsonl   one Progress per line, appended by the engine
    checkpoints/     <step>.ckpt beside <step>.json, which holds its digest, signed
    calibration.json what was measured and foretold, once it was
    models/          the best weights of a finished training
    pages/           <number>.alto.xml and the like beside <number>.json, which says what came of the page
    engine.json      how the engine ended, in its own words
    report.json      how the run ended: the truth
    engine.log       what kraken and torch printed
    CANCEL, PAUSE    wishes
    ```
    """

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
        return report_of(self.spec().task).model_validate_json(self.report_path.read_bytes())

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

    def release(self) -> None:
        """Deletes what is large: checkpoints, models, pages, log, progress.

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
