"""How code in a worker learns that its job is told to end.

Measured with Slurm 22.05. Under ``proctrack/cgroup``, SIGTERM of ``scancel``, of the walltime and of a preemption
reaches the direct children of slurmstepd alone: the batch shell, never what it started. A shell without a trap dies
of it, and Slurm then kills the rest at once, two seconds after the signal. So there are three ways, used together:

* the batch shell has a trap that leaves a file, and then waits for the run that is under way, if one is: ``KillWait``
  (30 s by default) is the run's to use;
* SIGTERM, where it does arrive: a run that is a step's own process, or a site with ``proctrack/linuxproc``;
* for a preemption with a time of grace, of which even the batch shell hears nothing: asking Slurm
  (:mod:`armarius.functions.allocation`).
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

NOTICE_VARIABLE = "ARMARIUS_NOTICE"
"""Names the file that the batch shell leaves when it is told to end."""

_UNDER_WAY = ".run"
"""Ends the name of the file that is there while a run is: it stands beside the notice."""

TRAP = f"""\
export {NOTICE_VARIABLE}="${{TMPDIR:-/tmp}}/armarius-$SLURM_JOB_ID-$$.notice"
trap ': > "${NOTICE_VARIABLE}"; while [ -e "${NOTICE_VARIABLE}{_UNDER_WAY}" ]; do sleep 0.2; done; exit 143' TERM
"""
"""Lines for a batch script, before what it starts in the background and waits for, as Parsl's launchers do.

Bash runs a trap at once only while it waits. A worker that has no run ends with its shell, and so does its job: Parsl
takes jobs back that are idle, and nobody shall hold them for the rest of ``KillWait``. 143 says that it was SIGTERM.
"""


class Notice:
    """Whether this process, or the shell above it, was told to end.

    Args:
        environment: Of this process.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        named = environment.get(NOTICE_VARIABLE)
        self._file = Path(named) if named else None
        self._signalled = threading.Event()

    @property
    def given(self) -> bool:
        """Whether it was."""
        return self._signalled.is_set() or (self._file is not None and _is_mine(self._file))

    @contextmanager
    def listening(self) -> Iterator["Notice"]:
        """Lets the batch shell wait for a run while the block lasts; takes SIGTERM as a notice, and delivers it then.

        Only the main thread of a process can take it; elsewhere the file alone is looked at.
        """
        with _shown(self._file), self._taking():
            yield self

    @contextmanager
    def _taking(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, self._take)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)
            if self._signalled.is_set():
                signal.raise_signal(signal.SIGTERM)

    def _take(self, _signal: int, _frame: FrameType | None) -> None:
        self._signalled.set()


@contextmanager
def _shown(notice: Path | None) -> Iterator[None]:
    """Shows the batch shell, where there is one with a trap, that a run is under way."""
    if notice is None:
        yield
        return
    shown = notice.with_name(notice.name + _UNDER_WAY)
    with suppress(OSError):  # the shell then does not wait, and what the run had not written is lost
        os.close(os.open(shown, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    try:
        yield
    finally:
        with suppress(OSError):
            shown.unlink()


def _is_mine(path: Path) -> bool:
    """Tells whether a file is there and this account's own: anybody may write where temporary files are."""
    try:
        return path.lstat().st_uid == os.getuid()
    except OSError:
        return False
