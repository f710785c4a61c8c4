"""The endpoint's own configuration and the environment of what it starts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.identity import MappedAccounts
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.rendering.constants import CREDENTIALS, queue_table, variables
from armarius.functions.queue import QUEUE_VARIABLE

_CORE = """\
# The endpoint {name}, as its profile says. Written by armarius endpoint render and register: edit the profile instead.
# Nothing but allowed_functions can be called here; their texts are in functions.json.
"""
_ENVIRONMENT = """\
# The environment of user endpoints and their workers. Every account of the site can read this: no secrets.
# What the endpoint itself logs in with is emptied, so that no worker inherits it.
"""

_EXAMPLE = MappedAccounts.model_validate(
    {
        "kind": "mapped",
        "contact": "admin@example.org",
        "mappings": [{"source": "{username}", "match": r"(.*)@example\.org", "output": "{0}"}],
    }
)


def core_config(profile: Profile, folder: EndpointFolder, allowed: Sequence[str]) -> str:
    """Returns config.yaml. An empty allow-list allows nothing: that is how an endpoint is before ``register``.

    Args:
        profile: The site.
        folder: Where the endpoint will live.
        allowed: The ids of the functions.
    """
    settings: dict[str, Any] = {
        "display_name": profile.title or profile.name,
        "heartbeat_period": profile.heartbeat.period,
        "public": False,
        "allowed_functions": list(allowed),
    }
    if isinstance(profile.identity, MappedAccounts):
        settings["email"] = profile.identity.contact
        settings["identity_mapping_config_path"] = str(folder.mapping)
    if profile.authentication_policy:
        settings["authentication_policy"] = str(profile.authentication_policy)
    if profile.subscription:
        settings["subscription_id"] = str(profile.subscription)
    return _CORE.format(name=profile.name) + _yaml(settings)


def user_environment(profile: Profile) -> str:
    """Returns user_environment.yaml."""
    own = variables(profile)
    if profile.scheduler == "slurm":
        own[QUEUE_VARIABLE] = queue_table(profile).model_dump_json(exclude_defaults=True)
    return _ENVIRONMENT + _yaml(dict.fromkeys(CREDENTIALS, "") | dict(sorted(own.items())))


def identity_mapping(profile: Profile) -> dict[str, str]:
    """Returns the identity mapping by file name: the real one, or an example that nothing reads."""
    if isinstance(profile.identity, MappedAccounts):
        return {"identity_mapping_config.json": _json(profile.identity.document())}
    return {"example_identity_mapping_config.json": _json(_EXAMPLE.document())}


def _yaml(settings: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True, width=100_000)


def _json(document: Any) -> str:
    return json.dumps(document, indent=2) + "\n"
