"""site.toml: what the pool must know of the site, in the client's own types."""

import json
from collections.abc import Mapping
from typing import Any

from armarius.client.config import GlobusSiteConfig
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.record import FunctionRecord

_HEAD = """\
# The site {name} for the pool: put this file into the pool's folder as sites/{name}.toml
# Written by armarius endpoint register. It holds no secret.
"""
_PROJECTS = "# The project that is charged; the site knows: {names}\n"


def site_config(profile: Profile, endpoint: str, record: FunctionRecord) -> GlobusSiteConfig:
    """Returns the site as the pool sees it.

    Args:
        profile: The site.
        endpoint: The id of its endpoint.
        record: Its functions.
    """
    return GlobusSiteConfig.model_validate(
        {
            "name": profile.name,
            "endpoint": endpoint,
            "data": profile.data,
            "functions": {name: record.functions[name] for name in sorted(profile.functions)},
            "shapes": [shape.shape() for shape in profile.shapes],
            "walltimes": profile.walltimes,
            "project": next(iter(sorted(profile.projects)), None),
        }
    )


def site_toml(profile: Profile, endpoint: str, record: FunctionRecord) -> str:
    """Returns the text of site.toml; args are those of :func:`site_config`."""
    config = site_config(profile, endpoint, record).model_dump(mode="json", exclude_defaults=True)
    head = _HEAD.format(name=profile.name)
    if profile.projects:
        head += _PROJECTS.format(names=", ".join(sorted(profile.projects)))
    return head + "".join(_lines(config | {"kind": "globus"}))


def _lines(table: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Returns a table as lines of TOML: what is plain first, then its tables. JSON's strings and lists are TOML's."""
    plain = [f"{name} = {json.dumps(value)}\n" for name, value in table.items() if not _is_table(value)]
    for name, value in table.items():
        if isinstance(value, Mapping):
            plain += _headed(f"[{prefix}{name}]", value, f"{prefix}{name}.")
        elif _is_table(value):
            plain += [line for each in value for line in _headed(f"[[{prefix}{name}]]", each, f"{prefix}{name}.")]
    return plain


def _headed(head: str, table: Mapping[str, Any], prefix: str) -> list[str]:
    lines = _lines(table, prefix)
    only_tables = bool(lines) and lines[0] == "\n"
    return lines if only_tables else ["\n", f"{head}\n", *lines]


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))
