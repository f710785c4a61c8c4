import errno
from pathlib import Path

import pytest

from armarius.functions.contracts import Reason
from armarius.functions.errors import DamagedFile, EngineFault, MissingData
from armarius.functions.faults import SHORT, blaming, explain


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


class MisconfigurationException(Exception):
    """Named as Lightning's."""


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (OutOfMemoryError("CUDA"), Reason.OUT_OF_GPU_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"), Reason.OUT_OF_GPU_MEMORY),
        (MemoryError(), Reason.OUT_OF_MEMORY),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), Reason.OUT_OF_MEMORY),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), Reason.OUT_OF_MEMORY),
        (OSError(errno.ENOSPC, "No space left on device"), Reason.DISK_FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), Reason.DISK_FULL),
        (OSError(errno.EROFS, "Read-only file system"), Reason.READ_ONLY),
        (PermissionError(errno.EACCES, "Permission denied"), Reason.READ_ONLY),
        (ImportError("No module named 'kraken'"), Reason.ENGINE_MISSING),
        (ValueError("Training data and model codec alphabets mismatch: {'x'}"), Reason.BAD_PARAMETERS),
        (MisconfigurationException("no such precision"), Reason.BAD_PARAMETERS),
        (MissingData("The image of page 'a' is not here."), Reason.MISSING_DATA),
        (DamagedFile(Path("blob")), Reason.MISSING_DATA),
        (EngineFault(Reason.BAD_DATA, "No lines."), Reason.BAD_DATA),
        (KeyError("whatever"), Reason.ENGINE_DIED),
        (FileNotFoundError(errno.ENOENT, "No such file"), Reason.ENGINE_DIED),
    ],
)
def test_each_exception_has_its_reason(fault: BaseException, reason: Reason) -> None:
    assert explain(fault)[0] is reason


def test_a_known_cause_explains_an_unknown_exception() -> None:
    unknown = RuntimeError("could not write")
    unknown.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert explain(unknown)[0] is Reason.DISK_FULL


def test_messages_are_short_and_on_one_line() -> None:
    _, message = explain(RuntimeError("much\n to say " * 1000))
    assert len(message) < SHORT + 50
    assert "\n" not in message
    assert message.startswith("RuntimeError: much to say")


def test_blame_falls_on_the_unknown_alone() -> None:
    blame = ("The model x cannot be used", "Take another.")
    with pytest.raises(EngineFault, match=blame[0]) as fault, blaming(Reason.BAD_MODEL, *blame):
        raise KeyError("vgsl")
    assert fault.value.reason is Reason.BAD_MODEL
    with pytest.raises(OSError, match="space"), blaming(Reason.BAD_MODEL, *blame):
        raise OSError(errno.ENOSPC, "No space left on device")
