"""Registering the functions with Globus Compute, and nothing more often than needed."""

import json
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from armarius.client.config import RegisteredFunction
from armarius.endpoint_config.errors import BadFolder, Drift
from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.record import FunctionRecord
from armarius.endpoint_config.rendering import render
from armarius.endpoint_config.sitefile import site_toml
from armarius.endpoint_config.web import reaching
from armarius.functions.files import write_bytes
from armarius.functions.registered.source import digest, source

ABOUT = "Armarius: calls what the site has installed under this name. JSON in, JSON out."


class AllowList(Protocol):
    """What is needed of ``globus_compute_sdk.Client`` to compare."""

    def get_allowed_functions(self, endpoint_id: str) -> dict[str, Any]:
        """Returns ``{"restricted": bool, "functions": [ids]}``."""


class FunctionService(AllowList, Protocol):
    """And to register."""

    def register_source_code(
        self,
        source: str,
        function_name: str,
        description: str | None = None,
        *,
        public: bool = False,
        group: UUID | None = None,
    ) -> str:
        """Registers a text and returns its id."""


@dataclass(frozen=True)
class Registered:
    """What came of it.

    Attributes:
        record: All functions.
        new: The names of those that were registered just now.
        endpoint: The endpoint's id, or None before it first started.
        restart: Whether a started endpoint must be started again before the allow-list holds.
    """

    record: FunctionRecord
    new: tuple[str, ...]
    endpoint: str | None
    restart: bool


def register(profile: Profile, folder: EndpointFolder, service: FunctionService, *, again: bool = False) -> Registered:
    """Registers the profile's functions, allows them in config.yaml, and writes site.toml once the endpoint has an id.

    Functions that are on record with the text of this release are used as they are. Calling it twice is harmless:
    each new id is on record before the next function is registered.

    Args:
        profile: The site.
        folder: Its endpoint's directory, rendered already.
        service: Globus Compute.
        again: Register everything anew, under new ids.

    Raises:
        BadFolder: Nothing was rendered there.
        Drift: What is on record, or allowed by the endpoint, is something else than this release has.
        NotReached: Globus Compute did not answer; what was registered so far is on record.
    """
    if not folder.rendered.exists():
        raise BadFolder(f"{folder.path} holds no rendered endpoint.", "First: armarius endpoint render PROFILE")
    record = FunctionRecord() if again else FunctionRecord.read(folder)
    record.require_own()
    render(profile, folder.path)  # before anything is registered: an edit by hand would be in the way
    endpoint = endpoint_id(folder)
    new = tuple(name for name in profile.functions if name not in record.functions)
    for name in new:
        record = _register_one(record, name, service, profile.callers)
        record.write(folder)
    render(profile, folder.path)
    restart = bool(new) and endpoint is not None
    if endpoint and not restart:
        require_allowed(profile, endpoint, record, service)
    if endpoint:
        write_bytes(folder.site, site_toml(profile, endpoint, record).encode())
    return Registered(record, new, endpoint, restart)


def _register_one(record: FunctionRecord, name: str, service: FunctionService, callers: str | UUID) -> FunctionRecord:
    public, group = callers == "everyone", callers if isinstance(callers, UUID) else None
    with reaching("Globus Compute", f"while the function {name} was registered"):
        identifier = service.register_source_code(source(name), name, ABOUT, public=public, group=group)
    function = RegisteredFunction(id=UUID(identifier), sha256=digest(name))
    return FunctionRecord(functions={**record.functions, name: function})


def require_allowed(profile: Profile, endpoint: str, record: FunctionRecord, service: AllowList) -> None:
    """Makes sure that the endpoint allows what is on record and nothing else.

    Raises:
        Drift: It does not.
        NotReached: Globus Compute did not answer.
    """
    with reaching("Globus Compute", "while the allow-list of the endpoint was read"):
        answer = service.get_allowed_functions(endpoint)
    online = {str(UUID(each)) for each in answer.get("functions") or ()} if answer.get("restricted") else None
    recorded = set(record.allowed(profile.functions))
    if online == recorded:
        return
    if online is None:
        what = "allows every function"
    else:
        what = f"allows {len(online - recorded)} functions that are not on record, and lacks {len(recorded - online)}"
    raise Drift(
        f"The endpoint {endpoint} {what}.",
        "Start it again, so that it reads config.yaml. If it stays so, another endpoint has its id.",
    )


def endpoint_id(folder: EndpointFolder) -> str | None:
    """Returns the id that Globus Compute gave the endpoint, or None before it first started.

    Raises:
        BadFolder: The file that should hold it does not.
    """
    try:
        return str(UUID(str(json.loads(folder.identity.read_bytes())["endpoint_id"])))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFolder(f"{folder.identity} does not hold an endpoint's id: {error!r}") from error
