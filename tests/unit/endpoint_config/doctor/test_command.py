import json
from typing import Any

import pytest
from click.testing import CliRunner

from armarius.client.cli import main
from armarius.endpoint_config import cli
from armarius.endpoint_config.doctor import Check, Verdict
from armarius.endpoint_config.doctor import files as files_theme
from unit.endpoint_config.doctor.admitted import CPU, Admit
from unit.endpoint_config.doctor.wards import Ward, says


def doctor(sick: Ward, monkeypatch: pytest.MonkeyPatch, *options: str) -> Any:
    path = sick.context.folder.path.parent / "profile.toml"
    path.touch()
    monkeypatch.setattr(cli, "read_profile", lambda path: sick.context.profile)
    monkeypatch.setattr(cli, "Context", lambda profile, folder: sick.context)
    arguments = ["endpoint", "doctor", str(path), "--to", str(sick.context.folder.path), *options]
    return CliRunner().invoke(main, arguments)


def test_the_command_for_people_and_for_programs(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = admit(shapes=CPU)
    sick.machine.answers["get_config"] = says()
    well = doctor(sick, monkeypatch, "--only", "files")
    assert (well.exit_code, well.stdout.splitlines()[-1]) == (0, "2 ok, 0 warning, 0 problem")
    sick.context.folder.core.unlink()
    told = doctor(sick, monkeypatch, "--only", "files")
    assert told.exit_code == 1
    assert "armarius endpoint render PROFILE" in told.stdout
    as_json = doctor(sick, monkeypatch, "--only", "files", "--json")
    checks = [Check.model_validate(each) for each in json.loads(as_json.stdout)]
    assert [check.verdict for check in checks] == [Verdict.PROBLEM, Verdict.OK]
    assert {check.theme for check in checks} == {files_theme.THEME}
