from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist

from armarius.client.errors import ConfigurationError
from armarius.client.escriptorium.host.confinement import projects_of, site_tags_for
from support.escriptorium import Instance


@pytest.fixture
def parts(here: Instance) -> list[int]:
    """Two pages of two documents: one of a project, one that bears a tag."""
    models = here.models
    here.document.project = models.Project.objects.create(name="Poilus\n 1914", slug="poilus-1914")
    here.document.save()
    other = models.Document.objects.create(name="Letters", project=models.Project.objects.create(name="Fondue"))
    other.tags.add(models.DocumentTag.objects.create(name="Stays in the EU"))
    return [here.part(1).pk, here.part(2, document=other).pk]


def test_every_project_of_the_pages_counts(parts: list[int]) -> None:
    assert projects_of(parts) == ("Fondue", "Poilus 1914")
    assert projects_of(parts[:1]) == ("Poilus 1914",)
    assert projects_of([]) == ()


def test_projects_by_name_or_slug(parts: list[int]) -> None:
    assert site_tags_for(parts, {"fondue": ("eu",), "other": ("own",)}, {}) == {"eu"}
    assert site_tags_for(parts, {"poilus-1914": ("own",), "Fondue": ("eu",)}, {}) == {"eu", "own"}
    assert site_tags_for(parts[:1], {"fondue": ("eu",)}, {}) == frozenset()


def test_documents_by_the_tags_that_they_bear(parts: list[int]) -> None:
    assert site_tags_for(parts, {}, {"stays in the eu": ("eu",)}) == {"eu"}
    assert site_tags_for(parts[:1], {}, {"stays in the eu": ("eu",)}) == frozenset()


def test_a_policy_that_cannot_be_told_is_not_passed_over(
    here: Instance, parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(name: str) -> Any:
        raise FieldDoesNotExist(name)

    monkeypatch.setattr(here.models.Document._meta, "get_field", lacking)
    assert projects_of(parts) == ()
    assert site_tags_for(parts, {}, {}) == frozenset()
    with pytest.raises(ConfigurationError, match="PROJECT_TAGS"):
        site_tags_for(parts, {"fondue": ("eu",)}, {})
    with pytest.raises(ConfigurationError, match="DOCUMENT_TAGS"):
        site_tags_for(parts, {}, {"secret": ("own",)})
