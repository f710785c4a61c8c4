"""Models as each generation of eScriptorium keeps them."""

from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.validators import FileExtensionValidator

from armarius.client.escriptorium.host import shelf
from support.escriptorium import Instance


def installed(monkeypatch: pytest.MonkeyPatch, kraken: str | None) -> None:
    def version(name: str) -> str:
        if kraken is None:
            raise metadata.PackageNotFoundError(name)
        return kraken

    monkeypatch.setattr(shelf.metadata, "version", version)


@pytest.mark.parametrize(
    ("kraken", "form"), [("5.3.0", "mlmodel"), ("6.0.3", "mlmodel"), ("7.1.1", "safetensors"), (None, "mlmodel")]
)
def test_the_format_is_that_of_its_kraken(
    here: Instance, monkeypatch: pytest.MonkeyPatch, kraken: str | None, form: str
) -> None:
    installed(monkeypatch, kraken)
    assert shelf.format_here(None) == form


def test_without_a_kraken_what_may_be_uploaded_tells(here: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, None)
    field = here.models.OcrModel._meta.get_field("file")
    monkeypatch.setattr(field, "_validators", [FileExtensionValidator(["mlmodel", "safetensors"])])
    field.__dict__.pop("validators", None)
    assert shelf.format_here(None) == "safetensors"
    field.__dict__.pop("validators", None)


def test_the_admin_knows_best(here: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "5.3.0")
    assert shelf.format_here("safetensors") == "safetensors"


def test_a_model_of_2026_is_qualified(here: Instance, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from escriptorium.celery import app

    asked: list[int] = []
    app.set_current()
    app.finalize()
    monkeypatch.setitem(app.tasks, "core.tasks.qualify_model", SimpleNamespace(delay=asked.append))
    model = here.model()
    (tmp_path / "weights").write_bytes(b"weights")
    home = shelf.choose_home(model.pk, "safetensors")
    shelf.bring_home(model.pk, home, tmp_path / "weights", tmp_path / "no card", {})
    assert asked == [model.pk]


def test_a_name_in_any_script_makes_a_file(here: Instance) -> None:
    assert shelf.choose_home(here.model("古文書").pk, "mlmodel").path.endswith("/model.mlmodel")
