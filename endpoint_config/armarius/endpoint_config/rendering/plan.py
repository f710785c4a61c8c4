"""From a profile to the text of every file. Pure: the same profile gives the same bytes."""

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.rendering.constants import constants
from armarius.endpoint_config.rendering.core import core_config, identity_mapping, user_environment
from armarius.endpoint_config.rendering.literals import literal
from armarius.endpoint_config.rendering.schema import schema
from armarius.endpoint_config.rendering.units import units


def planned(profile: Profile, folder: EndpointFolder, allowed: Sequence[str] = ()) -> dict[str, str]:
    """Returns the text of every file by its name in the endpoint's directory.

    Args:
        profile: The site.
        folder: Where the endpoint will live; its path stands in some of the files.
        allowed: The ids of the functions that may be called.
    """
    return {
        "README.md": _readme(profile, folder),
        "config.yaml": core_config(profile, folder, allowed),
        "user_config_template.yaml.j2": user_template(profile),
        "user_config_schema.json": json.dumps(schema(profile), indent=2) + "\n",
        "user_environment.yaml": user_environment(profile),
        **identity_mapping(profile),
        **units(profile, folder),
    }


def user_template(profile: Profile) -> str:
    """Returns the template from which each user endpoint is made: the closed table, then the fixed text."""
    return f"{{%- set SITE = {literal(constants(profile))} -%}}\n{_packaged('user_config.yaml.j2')}"


def _readme(profile: Profile, folder: EndpointFolder) -> str:
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - Markdown, not HTML
    return environment.from_string(_packaged("README.md.j2")).render(profile=profile, name=folder.path.name)


@lru_cache
def _packaged(name: str) -> str:
    return (files("armarius.endpoint_config.rendering") / "templates" / name).read_text(encoding="utf-8")
