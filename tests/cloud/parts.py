"""The parts of a running cloud, and how a request handler reaches them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from cloud.config import CloudConfig
from cloud.endpoints import Endpoints
from cloud.errors import ApiError
from cloud.faults import FaultBook
from cloud.functions import Functions
from cloud.gate import Requests
from cloud.identities import Identities
from cloud.processor import Processor
from cloud.queues import Queues
from cloud.ratelimit import RateLimit
from cloud.scopes import AUTH, COMPUTE, GROUPS, TRANSFER
from cloud.starts import Starts
from cloud.storage import Collections
from cloud.store import Store
from cloud.tasks import Tasks
from cloud.tokens import Tokens
from cloud.transfers import Transfers
from cloud.workers import Workers


@dataclass(frozen=True)
class Cloud:
    """All parts of a running cloud; see the class of each."""

    config: CloudConfig
    store: Store
    faults: FaultBook
    requests: Requests
    identities: Identities
    tokens: Tokens
    rate_limit: RateLimit
    endpoints: Endpoints
    starts: Starts
    functions: Functions
    tasks: Tasks
    queues: Queues
    processor: Processor
    collections: Collections
    transfers: Transfers
    workers: Workers


def build(config: CloudConfig) -> Cloud:
    """Makes all parts; nothing is started."""
    store = Store(config.state / "cloud.sqlite")
    faults = FaultBook(store)
    identities = Identities(config)
    endpoints = Endpoints(store, config.missed_heartbeats)
    starts = Starts()
    tasks = Tasks(store, config.limits)
    queues = Queues(config.amqp_url)
    collections = Collections(store, config.collections)
    transfers = Transfers(store, config.limits)
    return Cloud(
        config=config,
        store=store,
        faults=faults,
        requests=Requests(store),
        identities=identities,
        tokens=Tokens(store, config.token_life),
        rate_limit=RateLimit(config.limits),
        endpoints=endpoints,
        starts=starts,
        functions=Functions(store, identities),
        tasks=tasks,
        queues=queues,
        processor=Processor(queues, endpoints, starts, tasks, faults),
        collections=collections,
        transfers=transfers,
        workers=Workers(transfers, collections, faults, config.limits),
    )


def _cloud(request: Request) -> Cloud:
    cloud: Cloud = request.app.state.cloud
    return cloud


CloudDep = Annotated[Cloud, Depends(_cloud)]
"""A handler's parameter of this type is the running cloud."""


def _caller_of(server: str) -> Callable[[Request, Cloud], str]:
    def caller(request: Request, cloud: CloudDep) -> str:
        return cloud.tokens.check(request.headers.get("authorization", ""), server).identity

    return caller


def _limited_caller(request: Request, cloud: CloudDep) -> str:
    identity = _caller_of(COMPUTE)(request, cloud)
    wait = cloud.rate_limit.wait(identity)
    if wait:
        raise ApiError(
            429,
            "MAX_REQUESTS_EXCEEDED",
            "too many requests; wait, or submit many tasks in one",
            {"Retry-After": str(wait)},
        )
    return identity


AuthCaller = Annotated[str, Depends(_caller_of(AUTH))]
"""A handler's parameter of this type is the identity that asks Globus Auth."""
GroupsCaller = Annotated[str, Depends(_caller_of(GROUPS))]
"""The same for Globus Groups."""
TransferCaller = Annotated[str, Depends(_caller_of(TRANSFER))]
"""The same for Transfer."""
ComputeCaller = Annotated[str, Depends(_limited_caller)]
"""The same for Compute, whose requests are counted against its limit."""
