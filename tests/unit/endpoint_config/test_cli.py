from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from armarius.client.cli import main
from armarius.endpoint_config import cli
from unit.endpoint_config.services import FakeFunctions
from unit.endpoint_config.sites import COLLECTION

KNOWN = [
    *("--root", "/srv/armarius"),
    *("--environment", "/opt/endpoint"),
    *("--kraken-python", "/opt/kraken/bin/python"),
    *("--collection", COLLECTION),
]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["endpoint", *map(str, arguments)])


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    assert run("init", "--profile", "laptop", *KNOWN, tmp_path).exit_code == 0
    return tmp_path / "laptop.toml"


def test_init_names_the_file_on_standard_output(tmp_path: Path) -> None:
    assert run("init", "--profile", "slurm", tmp_path).stdout == f"{tmp_path / 'slurm.toml'}\n"
    assert run("init", "--profile", "slurm", tmp_path).exit_code == 1
    assert run("init", "--profile", "abacus", tmp_path).exit_code == 2


def test_render_shows_what_changed(profile: Path, tmp_path: Path) -> None:
    first = run("render", profile, "--to", tmp_path / "laptop")
    assert first.exit_code == 0
    assert "new      config.yaml" in first.stdout.splitlines()
    again = run("render", profile, "--to", tmp_path / "laptop")
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"same"}


def test_an_edit_by_hand_is_an_error_that_says_what_to_do(profile: Path, tmp_path: Path) -> None:
    run("render", profile, "--to", tmp_path / "laptop")
    (tmp_path / "laptop" / "config.yaml").write_text("edited")
    refused = run("render", profile, "--to", tmp_path / "laptop")
    assert refused.exit_code == 1
    assert "config.yaml" in refused.stderr
    assert "--force" in refused.stderr
    assert run("render", profile, "--to", tmp_path / "laptop", "--force").exit_code == 0


def test_a_bad_profile_is_bad_input(profile: Path) -> None:
    profile.write_text(profile.read_text().replace("8h", "").replace("7d", "soon"))
    refused = run("render", profile)
    assert refused.exit_code == 2
    assert "walltimes.0" in refused.stderr


def test_register_tells_the_ids_and_what_comes_next(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = FakeFunctions()
    monkeypatch.setattr(cli, "compute_client", lambda: service)
    run("render", profile, "--to", tmp_path / "laptop")
    done = run("register", profile, "--to", tmp_path / "laptop")
    assert done.exit_code == 0
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["new", each["name"], each["id"]] for each in sorted(service.registered, key=lambda each: each["name"])
    ]
    assert "globus-compute-endpoint start laptop" in done.stderr
    again = run("register", profile, "--to", tmp_path / "laptop")
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"kept"}


def test_without_a_rendered_endpoint_register_says_what_comes_first(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "compute_client", FakeFunctions)
    refused = run("register", profile, "--to", tmp_path / "laptop")
    assert refused.exit_code == 1
    assert "armarius endpoint render" in refused.stderr
