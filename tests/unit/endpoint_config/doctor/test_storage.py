import shutil

import pytest

from armarius.endpoint_config.doctor.node import MARK
from unit.endpoint_config.doctor.admitted import CPU, Admit
from unit.endpoint_config.doctor.wards import REPORT
from unit.endpoint_config.sites import SLURM


def test_storage_that_is_shared(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    well = admit(SLURM)
    assert well.grave("storage") == []
    assert not list(well.machine.root.glob(f"{MARK}*"))


def room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(free, 0, free))


def test_storage_without_room(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 5 << 30)
    (told,) = admit().grave("storage")
    assert told.endswith("has 5 GiB free.")


def test_storage_that_a_node_does_not_share(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU)
    sick.machine.shared = False
    assert sick.grave("storage") == [f"problem: What node1 writes into {sick.machine.root} is not seen here."]


def test_storage_that_a_node_cannot_write(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU, scratch="/scratch")
    sick.machine.report = REPORT.model_copy(update={"unwritable": {"/scratch": "Read-only file system"}})
    assert sick.grave("storage") == ["problem: /scratch cannot be written on node1: Read-only file system"]


def test_storage_when_no_node_answers(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU)
    sick.machine.report = None
    assert sick.grave("storage") == ["warning: Not examined from a node of shape cpu1: none answered."]
    sick.grave("scheduler", "storage", "gpus")
    assert len(sick.machine.ran) == 1, "a node is asked once"


def test_a_root_that_is_a_file(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU)
    sick.machine.root.rmdir()
    sick.machine.root.touch()
    sick.machine.shared = False
    assert any("cannot be written from here" in told for told in sick.grave("storage"))
