"""The JSON schema of what a person may ask for: known words, and nothing else."""

from typing import Any

from armarius.endpoint_config.profile import Profile

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(profile: Profile) -> dict[str, Any]:
    """Returns the schema: ``{"role": "control"}``, or a batch with its shape, walltime and, where charged, project."""
    choices = {
        "shape": [shape.name for shape in profile.shapes],
        "walltime": list(profile.walltimes),
        "project": sorted(profile.projects),
    }
    offered = {name: words for name, words in choices.items() if words}
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": {"role": _one_of(["control", "batch"])}
        | {name: _one_of(words) for name, words in offered.items()},
        "required": ["role"],
        "additionalProperties": False,
        "if": {"properties": {"role": {"const": "batch"}}},
        "then": {"required": list(offered)},
        "else": {"maxProperties": 1},
    }


def _one_of(words: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": words}
