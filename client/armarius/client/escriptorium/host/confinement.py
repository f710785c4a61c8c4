"""What the documents of a training ask of a site: the projects they belong to, and the tags that they bear."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from armarius.client.accounts.names import fitting
from armarius.client.errors import ConfigurationError
from armarius.client.escriptorium.host.tables import table

Wanted = Mapping[str, tuple[str, ...]]
"""The tags of sites, by a name in eScriptorium."""


def projects_of(parts: list[int]) -> tuple[str, ...]:
    """Returns the names of all projects that some pages belong to; none where this eScriptorium has no projects.

    Args:
        parts: Primary keys of the pages.
    """
    if not _has("project"):
        return ()
    return tuple(sorted({fitting(name) for name in _values(parts, "project__name")} - {""}))


def site_tags_for(parts: list[int], projects: Wanted, documents: Wanted) -> frozenset[str]:
    """Returns the tags that sites must bear to get some pages. Capitals do not matter in eScriptorium's names.

    Args:
        parts: Primary keys of the pages.
        projects: By the name or the slug of a project.
        documents: By the name of a tag that documents bear.

    Raises:
        ConfigurationError: This eScriptorium cannot tell: a policy is not passed over in silence.
    """
    found = _asked(projects, "project", ("project__name", "project__slug"), parts, "PROJECT_TAGS")
    return found | _asked(documents, "tags", ("tags__name",), parts, "DOCUMENT_TAGS")


def _asked(wanted: Wanted, field: str, ways: Iterable[str], parts: list[int], setting: str) -> frozenset[str]:
    if not wanted:
        return frozenset()
    if not _has(field):
        raise ConfigurationError(f"settings.ARMARIUS: {setting}: the documents of this eScriptorium have no {field}.")
    names = {name.casefold() for way in ways for name in _values(parts, way)}
    return frozenset(tag for name, tags in wanted.items() if name.casefold() in names for tag in tags)


def _values(parts: list[int], way: str) -> set[str]:
    pages = table("DocumentPart").objects.filter(pk__in=parts)
    return {str(value) for value in pages.values_list(f"document__{way}", flat=True).distinct() if value}


def _has(field: str) -> bool:
    document: Any = table("Document")
    try:
        document._meta.get_field(field)
    except FieldDoesNotExist:
        return False
    return True
