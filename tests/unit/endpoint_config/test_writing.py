from pathlib import Path
from typing import Any

import pytest

from armarius.endpoint_config import BadFolder, Change, EndpointFolder, HandEdited, render
from unit.endpoint_config.sites import LOCAL, MAPPED, SLURM, site


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "alpha"


@pytest.mark.parametrize("base", [LOCAL, SLURM, MAPPED])
def test_a_new_directory(folder: Path, base: dict[str, Any]) -> None:
    rendered = render(site(base), folder)
    assert rendered.folder.path == folder
    assert set(rendered.changes.values()) == {Change.NEW}
    assert snapshot(folder).keys() == {*rendered.changes, "rendered.json"}
    assert [path.name for path in folder.parent.iterdir()] == ["alpha"]
    assert folder.stat().st_mode & 0o077 == 0


def test_again_nothing_changes(folder: Path) -> None:
    render(site(), folder)
    before = snapshot(folder)
    assert set(render(site(), folder).changes.values()) == {Change.SAME}
    assert snapshot(folder) == before


def test_only_what_changed_is_written(folder: Path) -> None:
    render(site(), folder)
    (folder / "endpoint.log").write_text("the endpoint's own")
    changes = render(site(walltimes=["9h"]), folder).changes
    changed = {name for name, change in changes.items() if change is Change.CHANGED}
    assert changed == {"README.md", "user_config_template.yaml.j2", "user_config_schema.json"}
    assert (folder / "endpoint.log").read_text() == "the endpoint's own"


def test_what_is_rendered_no_more_is_removed(folder: Path) -> None:
    render(site(identity={"kind": "service", "account": "armarius"}), folder)
    changes = render(site(), folder).changes
    removed = "systemd/system/globus-compute-endpoint-alpha.service"
    assert changes[removed] is Change.REMOVED
    assert not (folder / removed).exists()


def test_an_edit_by_hand_is_not_overwritten(folder: Path) -> None:
    render(site(), folder)
    (folder / "config.yaml").write_text("allowed_functions: null\n")
    before = snapshot(folder)
    with pytest.raises(HandEdited, match=r"config\.yaml"):
        render(site(walltimes=["9h"]), folder)
    assert snapshot(folder) == before
    assert render(site(), folder, force=True).changes["config.yaml"] is Change.CHANGED
    assert render(site(), folder).changes["config.yaml"] is Change.SAME


def test_an_endpoint_that_somebody_else_configured_is_not_overwritten(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.yaml").write_text("display_name: mine\n")
    with pytest.raises(HandEdited):
        render(site(), folder)
    assert snapshot(folder).keys() == {"config.yaml"}


@pytest.mark.parametrize("name", ["with blank", "quo'te", "new\nline", "$(x)"])
def test_a_directory_that_globus_compute_could_not_live_in(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFolder):
        render(site(), tmp_path / name)


def test_a_damaged_record(folder: Path) -> None:
    render(site(), folder)
    (folder / "rendered.json").write_text("{")
    with pytest.raises(BadFolder, match=r"rendered\.json"):
        render(site(), folder)


def test_by_default_where_globus_compute_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOBUS_COMPUTE_USER_DIR", str(tmp_path))
    assert render(site()).folder == EndpointFolder(tmp_path / "alpha")
