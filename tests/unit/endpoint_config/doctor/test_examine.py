from typing import Any

import pytest

from armarius.endpoint_config.doctor import THEMES, Verdict, examine
from unit.endpoint_config.doctor.admitted import Admit
from unit.endpoint_config.doctor.wards import nobody
from unit.endpoint_config.sites import SLURM


def test_one_failing_examination_hides_no_other(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(context: object) -> Any:
        raise ZeroDivisionError("oops")
        yield

    well = admit()
    before = len(well.examine())
    monkeypatch.setitem(THEMES, "files", (bad, *THEMES["files"]))
    checks = well.examine()
    assert len(checks) == before + 1
    assert "Could not examine (bad): ZeroDivisionError: oops" in checks[0].found


def test_only_some_themes(admit: Admit) -> None:
    assert {check.theme for check in admit().examine("clock", "files")} == {"clock", "files"}


def test_each_finding_that_is_not_well_says_what_to_mend(admit: Admit) -> None:
    sick = admit(SLURM, {"compute": nobody, "web_time": nobody, "names": lambda collection, path: []})
    sick.machine.report = None
    checks = list(examine(sick.context))
    assert {check.theme for check in checks} == set(THEMES)
    assert all(bool(check.mend) == (check.verdict is not Verdict.OK) for check in checks)
