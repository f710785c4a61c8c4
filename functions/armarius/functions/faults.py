"""Which reason a report gives for which exception: one table, read from the top."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from armarius.functions.contracts import Reason
from armarius.functions.errors import EngineFault, SiteError

SHORT = 600
"""Characters of a foreign message that a report keeps; the log has it whole."""


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    Attributes:
        applies: Whether the exception is of this sort.
        reason: What the report says then.
        advice: What to do next, for people.
    """

    applies: Callable[[BaseException], bool]
    reason: Reason
    advice: str


def _named(*names: str) -> Callable[[BaseException], bool]:
    """Matches by class name, so that the table needs neither torch nor kraken."""
    return lambda fault: any(base.__name__ in names for base in type(fault).__mro__)


def _says(kind: type[BaseException], *words: str) -> Callable[[BaseException], bool]:
    return lambda fault: isinstance(fault, kind) and any(word in str(fault) for word in words)


def _errno(*numbers: int) -> Callable[[BaseException], bool]:
    return lambda fault: isinstance(fault, OSError) and fault.errno in numbers


RULES = (
    Rule(
        lambda fault: isinstance(fault, ImportError),
        Reason.ENGINE_MISSING,
        "kraken cannot be loaded in the environment that the site names for it: the operator must look.",
    ),
    Rule(
        _named("OutOfMemoryError"),
        Reason.OUT_OF_GPU_MEMORY,
        "The GPU's memory is used up: take a larger GPU or a smaller batch.",
    ),
    Rule(
        _says(RuntimeError, "CUDA out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"),
        Reason.OUT_OF_GPU_MEMORY,
        "The GPU's memory is used up: take a larger GPU or a smaller batch.",
    ),
    Rule(
        lambda fault: isinstance(fault, MemoryError),
        Reason.OUT_OF_MEMORY,
        "The memory is used up: take a larger shape or a smaller batch.",
    ),
    Rule(
        _says(RuntimeError, "DefaultCPUAllocator", "not enough memory", "Cannot allocate memory"),
        Reason.OUT_OF_MEMORY,
        "The memory is used up: take a larger shape or a smaller batch.",
    ),
    Rule(
        _errno(errno.ENOMEM),
        Reason.OUT_OF_MEMORY,
        "The memory is used up: take a larger shape or a smaller batch.",
    ),
    Rule(
        _errno(errno.ENOSPC, errno.EDQUOT),
        Reason.DISK_FULL,
        "There is no room left where the site keeps its runs: the operator must free some.",
    ),
    Rule(
        _errno(errno.EROFS, errno.EACCES, errno.EPERM),
        Reason.READ_ONLY,
        "The site cannot write where it keeps its runs: the operator must look.",
    ),
    Rule(
        _says(ValueError, "codec alphabets mismatch"),
        Reason.BAD_PARAMETERS,
        "The pages hold characters that the base model lacks: set resize to union or new.",
    ),
    Rule(_named("MisconfigurationException"), Reason.BAD_PARAMETERS, "Lightning refuses the parameters."),
)


def explain(fault: BaseException) -> tuple[Reason, str]:
    """Returns the reason and the message that a report gives for an exception."""
    if isinstance(fault, SiteError):
        return fault.reason, str(fault)
    for rule in RULES:
        if rule.applies(fault):
            return rule.reason, f"{rule.advice} ({_short(fault)})"
    cause = fault.__cause__ or fault.__context__
    if cause is not None and (known := _known(cause)):
        return known
    return Reason.ENGINE_DIED, f"{type(fault).__name__}: {_short(fault)}"


def _known(fault: BaseException) -> tuple[Reason, str] | None:
    """Explains a cause, unless it is one more unknown."""
    reason, message = explain(fault)
    return None if reason is Reason.ENGINE_DIED else (reason, message)


def _short(fault: BaseException) -> str:
    """Returns a message on one line, cut."""
    text = " ".join(str(fault).split()) or type(fault).__name__
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


@contextmanager
def blaming(reason: Reason, what: str, advice: str) -> Iterator[None]:
    """Gives an unknown exception of the block a reason; those that the table knows keep theirs.

    Args:
        reason: What is to blame.
        what: What could not be done, to what.
        advice: What to do next.

    Raises:
        EngineFault: In place of the unknown exception.
    """
    try:
        yield
    except Exception as fault:
        known, _ = explain(fault)
        if known is not Reason.ENGINE_DIED:
            raise
        raise EngineFault(reason, f"{what} ({_short(fault)}).", advice) from fault
