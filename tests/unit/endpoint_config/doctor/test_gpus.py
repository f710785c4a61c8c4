import pytest

from unit.endpoint_config.doctor.admitted import CPU, Admit
from unit.endpoint_config.doctor.wards import REPORT
from unit.endpoint_config.sites import SLURM

LISTED = (
    "GPU 0: NVIDIA A100-PCIE-40GB (UUID: GPU-1f)",
    "MIG 1g.5gb     Device  0: (UUID: MIG-a)",
    "MIG 1g.5gb     Device  1: (UUID: MIG-ab)",
)


@pytest.mark.parametrize(
    ("devices", "missing"),
    [
        (["MIG-a", "MIG-ab"], ""),
        (["MIG-b"], "MIG-b"),
        (["0"], ""),
        (["1"], "1"),
        (["GPU-1f"], ""),
        (["GPU-1"], "GPU-1"),
    ],
)
def test_slices_by_their_names(admit: Admit, devices: list[str], missing: str) -> None:
    sick = admit(shapes=[{**CPU[0], "gpus": 1, "accelerators": devices}])
    sick.machine.report = REPORT.model_copy(update={"gpus": LISTED})
    assert sick.grave("gpus") == ([f"problem: node1 does not list {missing} of shape cpu1."] if missing else [])


def test_gpus_by_their_number(admit: Admit) -> None:
    sick = admit(SLURM, shapes=[{**CPU[0], "gpus": 2, "slurm": {"gres": "gpu:2"}}], projects={})
    sick.machine.report = REPORT.model_copy(update={"gpus": LISTED})
    assert sick.grave("gpus") == ["problem: node1 shows 1 GPUs, and shape cpu1 has 2."]


def test_without_gpus_nothing_is_asked(admit: Admit) -> None:
    well = admit(shapes=CPU)
    assert well.examine("gpus") == []
    assert well.machine.ran == []
