"""The client side: a pool of sites, jobs that survive anything, a Python API and the command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armarius.client.comparing import Comparison, compare
    from armarius.client.job import Job, JobResult
    from armarius.client.pageresults import ResultPage
    from armarius.client.pool import Pool

__all__ = ["Comparison", "Job", "JobResult", "Pool", "ResultPage", "compare"]

_PLACES = {
    "Comparison": "comparing",
    "Job": "job",
    "JobResult": "job",
    "Pool": "pool",
    "ResultPage": "pageresults",
    "compare": "comparing",
}
"""The modules that they are in."""


def __getattr__(name: str) -> Any:
    """Imports the API when it is first used: small programs of this package do without the journal."""
    if name in __all__:
        return getattr(import_module(f"armarius.client.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
