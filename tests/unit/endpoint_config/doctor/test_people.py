import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from armarius.endpoint_config.doctor import Verdict
from unit.endpoint_config.doctor.admitted import CPU
from unit.endpoint_config.doctor.wards import Ward, ward
from unit.endpoint_config.sites import MAPPED, site


def mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int) -> Ward:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    well = ward(site(MAPPED, shapes=CPU), tmp_path)
    shutil.rmtree(well.machine.root, ignore_errors=True)
    return replace(well, context=replace(well.context, uid=uid))


def test_root_examines_nothing_that_belongs_to_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = mapped(tmp_path, monkeypatch, 0)
    checks = sick.examine("scheduler", "storage", "gpus", "collection")
    assert not (tmp_path / "home" / "armarius").exists()
    assert not any({"srun", "sbatch"} & set(command) for command in sick.machine.ran)
    left_out = [check for check in checks if "Not examined as root" in check.found]
    assert {check.theme for check in left_out} == {"scheduler", "storage", "gpus", "collection"}
    assert {check.verdict for check in left_out} == {Verdict.WARNING}
    assert "armarius endpoint doctor PROFILE --only scheduler --only storage" in left_out[0].mend


def test_one_of_the_people_examines_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    well = mapped(tmp_path, monkeypatch, 1000)
    assert not any("Not examined as root" in check.found for check in well.examine())
    assert (tmp_path / "home" / "armarius").is_dir()
