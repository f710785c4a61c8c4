"""What the examinations may use: the profile, and the ways to the machine and to Globus. Tests give other ways."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from armarius.endpoint_config.doctor.commands import Runner, run
from armarius.endpoint_config.doctor.ways import collection_names, web_time
from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.registering import AllowList
from armarius.endpoint_config.web import compute_client


class EndpointService(AllowList, Protocol):
    """What is needed of ``globus_compute_sdk.Client``."""

    def get_endpoint_status(self, endpoint_uuid: str) -> dict[str, Any]:
        """Returns ``{"status": "online", …}``."""


@dataclass(frozen=True)
class Context:
    """Everything that an examination may use.

    Attributes:
        profile: The site.
        folder: Its endpoint's directory.
        run: Runs a command on this machine.
        compute: Logs in to Globus Compute.
        names: Lists the names in a directory of a collection, as Globus Transfer sees them.
        web_time: Asks Globus for the time: seconds since 1970, and how uncertain.
        uid: Who examines; 0 is root.
        nodes: What was heard of nodes, by shape; kept, since asking takes a job.
    """

    profile: Profile
    folder: EndpointFolder
    run: Runner = run
    compute: Callable[[], EndpointService] = compute_client
    names: Callable[[str, str], list[str]] = collection_names
    web_time: Callable[[], tuple[float, float]] = web_time
    uid: int = field(default_factory=os.geteuid)
    nodes: dict[str, Any] = field(default_factory=dict)
