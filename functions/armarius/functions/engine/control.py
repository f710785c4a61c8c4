"""The pipe from the supervisor: a wish to pause, and proof that the supervisor lives."""

import os
import signal
import threading
from types import FrameType

from armarius.functions.handover import PAUSE

ORPHANED = 75
"""Exit code of an engine whose supervisor is gone (EX_TEMPFAIL)."""


def listen(descriptor: int = 0) -> threading.Event:
    """Starts to listen to the supervisor.

    At end of file the whole process ends at once: its supervisor is dead, and an orphan would compute for nobody.
    SIGTERM, which Slurm sends to every process of a job, means a pause too; SIGINT is the supervisor's business.

    Args:
        descriptor: The end of the pipe to read. It is read without Python's buffer, whose lock a daemon thread
            must not hold when the interpreter ends.

    Returns:
        Set as soon as somebody wishes a pause.
    """
    pause = threading.Event()

    def terminated(_signal: int, _frame: FrameType | None) -> None:
        pause.set()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, terminated)
    threading.Thread(target=_read, args=(descriptor, pause), name="control", daemon=True).start()
    return pause


def _read(descriptor: int, pause: threading.Event) -> None:
    """Reads until end of file."""
    rest = b""
    while received := os.read(descriptor, 4096):
        *lines, rest = (rest + received).split(b"\n")
        if PAUSE.strip().encode() in (line.strip() for line in lines):
            pause.set()
    os._exit(ORPHANED)
