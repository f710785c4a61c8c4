"""How a site is."""

from typing import ClassVar

from armarius.functions.contracts.base import Contract, Grown, NonNegative, Sha256
from armarius.functions.contracts.queue import Cache, Contents, QueueReport
from armarius.functions.contracts.usage import Versions


class UserEndpoint(Contract):
    """A user endpoint of Globus Compute on the site: the process tree that serves one role, shape and walltime.

    Attributes:
        role: "batch" or "control".
        shape: The slice of a machine that it asks the scheduler for.
        walltime: As the site writes it, such as "8h".
        project: Which is charged.
        age: Seconds since its last sign of life.
        alive: Whether its process is there.
        uptime: Seconds since its process began; None where that is not known.
    """

    role: str
    shape: str = ""
    walltime: str = ""
    project: str = ""
    age: NonNegative
    alive: bool
    uptime: NonNegative | None = None


class SiteReport(Grown):
    """The answer of ``probe``.

    Attributes:
        time: Seconds since 1970 by the site's clock.
        cpus: Hardware threads of the machine that answered.
        memory: Bytes of main memory, whole and free.
        disk_free: Bytes free where the site keeps its data.
        missing: Of the digests that were asked for, those that the site does not hold.
        user_endpoints: Those that this account has on the machine that answered; empty without Globus Compute.
        queue: The scheduler's queue, if that was asked for and there is one.
        contents: What the site keeps, if that was asked for.
        account: The account of the machine under which this was answered.
        cache: What is kept of what can be sent again, where the operator set a limit to it. Such a site deletes what
            no run needs: whoever has files there for a run names the run in a ``probe``.
    """

    time: NonNegative
    host: str
    versions: Versions
    cpus: int
    memory: int
    memory_free: int
    disk_free: int
    missing: tuple[Sha256, ...] = ()
    user_endpoints: tuple[UserEndpoint, ...] = ()
    queue: QueueReport | None = None
    contents: Contents | None = None
    account: str = ""
    cache: Cache | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"cache"})
