import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.functions.contracts import SiteReport
from armarius.functions.registered import CONTROL
from armarius.functions.user_endpoints import user_endpoints
from unit.functions.registered.fake_engine import fake_site

PARENT = "573416bb-24d6-5eda-9174-2545b3585b4c"
OTHER = "0a2f1c5e-0000-4000-8000-000000000000"
BATCH = {"role": "batch", "shape": "mig-5g", "walltime": "8h", "project": ""}
LONG_GONE = 2**22 + 1
"""No Linux gives out such a process id."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GLOBUS_COMPUTE_USER_DIR", str(tmp_path))
    monkeypatch.delenv("GLOBUS_COMPUTE_ENDPOINT_DIR", raising=False)
    return tmp_path


def leave(home: Path, name: str, pid: int, about: object = BATCH, age: float = 0) -> Path:
    """Leaves what a user endpoint leaves."""
    folder = home / name
    folder.mkdir()
    (folder / "armarius.json").write_text(json.dumps(about))
    (folder / "daemon.pid").write_text(f"{pid}\n")
    then = time.time() - age
    os.utime(folder / "daemon.pid", (then, then))
    os.utime(folder / "armarius.json", (then - 60, then - 60))
    return folder


@pytest.fixture
def living(home: Path) -> Iterator[int]:
    """A process that says it is the user endpoint ``uep.PARENT.one``."""
    command = [sys.executable, "-c", "input()", f"uep.{PARENT}.one"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_role_shape_walltime_age_and_life(home: Path, living: int) -> None:
    leave(home, f"uep.{PARENT}.one", living)
    leave(home, f"uep.{PARENT}.two", LONG_GONE, {"role": "control"}, age=300)
    batch, control = user_endpoints()
    assert (batch.role, batch.shape, batch.walltime, batch.project) == ("batch", "mig-5g", "8h", "")
    assert batch.alive
    assert batch.age < 60
    assert (control.role, control.shape, control.alive) == ("control", "", False)
    assert 299 < control.age < 400
    assert control.uptime is not None
    assert 359 < control.uptime < 460


def test_a_process_that_has_got_the_number_of_a_dead_one_is_not_it(home: Path) -> None:
    leave(home, f"uep.{PARENT}.one", os.getpid())
    assert [found.alive for found in user_endpoints()] == [False]


def test_one_that_ended_in_good_order_is_not_listed(home: Path, living: int) -> None:
    (leave(home, f"uep.{PARENT}.one", living) / "daemon.pid").unlink()
    assert user_endpoints() == ()


def test_inside_a_user_endpoint_only_those_of_the_same_parent(
    home: Path, living: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(home, f"uep.{OTHER}.one", living)
    leave(home, f"uep.{PARENT}.one", living)
    assert len(user_endpoints()) == 2
    monkeypatch.setenv("GLOBUS_COMPUTE_ENDPOINT_DIR", str(home / f"uep.{PARENT}.two"))
    assert [found.alive for found in user_endpoints()] == [True]


@pytest.mark.parametrize("about", [None, 5, [], ["role"], {"role": 5}, {"shape": "x"}, {"role": "b", "x": 1}])
def test_what_is_not_ours_is_left_out(home: Path, living: int, about: object) -> None:
    leave(home, f"uep.{PARENT}.one", living, about)
    assert user_endpoints() == ()


@pytest.mark.parametrize("content", ["", "no number", "-", "99999999999999999999"])
def test_a_damaged_pidfile_harms_nobody(home: Path, living: int, content: str) -> None:
    (leave(home, f"uep.{PARENT}.one", living) / "daemon.pid").write_text(content)
    leave(home, f"uep.{PARENT}.two", living)
    assert 1 <= len(user_endpoints()) <= 2
    assert not any(found.alive for found in user_endpoints())


def test_without_globus_compute_there_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOBUS_COMPUTE_USER_DIR", str(home / "not there"))
    assert user_endpoints() == ()


def test_probe_lists_them(home: Path, living: int, tmp_path: Path) -> None:
    leave(home, f"uep.{PARENT}.one", living)
    report = SiteReport.model_validate(CONTROL["probe"]({}, fake_site(tmp_path / "site")))
    assert [found.shape for found in report.user_endpoints] == ["mig-5g"]
