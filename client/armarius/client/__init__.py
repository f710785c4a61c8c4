"""The client side: a pool of sites, jobs that survive anything, a Python API and the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armarius.client.pool import Job, JobResult, Pool, ResultPage

__all__ = ["Job", "JobResult", "Pool", "ResultPage"]


def __getattr__(name: str) -> Any:
    """Imports the API when it is first used: small programs of this package do without the journal."""
    if name in __all__:
        from armarius.client import pool

        return getattr(pool, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
