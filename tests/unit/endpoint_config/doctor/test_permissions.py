import os
from dataclasses import replace
from pathlib import Path

import pytest

from armarius.endpoint_config.doctor import Verdict, examine
from unit.endpoint_config.doctor.admitted import Admit


def test_permissions(admit: Admit) -> None:
    sick = admit()
    assert sick.grave("permissions") == []
    sick.machine.root.chmod(0o777)
    (sick.context.folder.path.parent / "storage.db").touch(0o644)
    sick.context.folder.path.parent.chmod(0o755)
    writable, readable = sick.grave("permissions")
    assert str(sick.machine.root) in writable
    assert "storage.db" in readable


@pytest.mark.parametrize("name", ["rendered.json", "user_environment.yaml", "user_config_schema.json", "config.yaml"])
def test_any_rendered_file_that_others_may_write(admit: Admit, name: str) -> None:
    sick = admit()
    path = sick.context.folder.path / name
    path.chmod(0o664)
    assert sick.grave("permissions") == [f"problem: Others than its owner may write {path}."]


def test_a_directory_above_the_endpoint_that_others_may_write(admit: Admit, tmp_path: Path) -> None:
    sick = admit()
    tmp_path.chmod(0o777)
    assert sick.grave("permissions") == [f"problem: Others than its owner may write {tmp_path}."]
    tmp_path.chmod(0o1777)  # as /tmp: nobody may rename what belongs to others
    assert sick.grave("permissions") == []


@pytest.mark.parametrize("place", ["bin", "lib/python3.12/site-packages", "lib/python3.12/site-packages/parsl"])
@pytest.mark.parametrize("which", ["endpoint", "kraken"])
def test_an_environment_that_others_may_write(admit: Admit, tmp_path: Path, which: str, place: str) -> None:
    (tmp_path / which / place).mkdir(parents=True)
    settings = {
        "environment": str(tmp_path / "endpoint"),
        "kraken_python": str(tmp_path / "kraken" / "bin" / "python"),
    }
    sick = admit(**settings)
    assert sick.grave("permissions") == []
    (tmp_path / which / place).chmod(0o775)
    assert sick.grave("permissions") == [f"problem: Others than its owner may write {tmp_path / which / place}."]


def test_files_of_another_account(admit: Admit) -> None:
    own = admit()
    other = replace(own.context, uid=os.geteuid() + 1)
    told = [check.found for check in examine(other, ["permissions"]) if check.verdict is Verdict.PROBLEM]
    if os.geteuid():
        assert (
            f"{own.context.folder.core} belongs to the account {os.geteuid()}, who may change what runs here." in told
        )
    else:
        assert told == [], "what is root's cannot be changed by others"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_that_was_given_away(admit: Admit) -> None:
    sick = admit()
    os.chown(sick.context.folder.core, 65534, 65534)
    (told,) = sick.grave("permissions")
    assert told.endswith("config.yaml belongs to the account 65534, who may change what runs here.")


def test_hundreds_of_open_files_are_counted(admit: Admit, tmp_path: Path) -> None:
    sick = admit()
    for number in range(20):
        (sick.context.folder.path / f"{number}.json").touch()
        (sick.context.folder.path / f"{number}.json").chmod(0o666)
    told = sick.grave("permissions")
    assert len(told) == 9
    assert told[-1] == "problem: 12 more paths can be changed by others."
