"""Where there is no scheduler, several runs share the GPUs as the profile says: real workers of the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.endpoint_config import render
from integration.endpoint_config.packing import workers
from integration.endpoint_config.renderer import Renderer, renderer
from support.endpoint import endpoint_python, why_no_endpoint
from unit.endpoint_config.sites import site

pytestmark = pytest.mark.skipif(bool(why_no_endpoint()), reason=why_no_endpoint())

GPU = {"cpus": 1, "memory": "1GiB", "gpus": 1, "gpu_memory": "5GB"}
SLICES = {**GPU, "name": "slice", "accelerators": ["MIG-a", "MIG-b", "1"]}
SHARES = {**GPU, "name": "half", "accelerators": ["GPU-0", "MIG-c"], "sharing": 2}
SHARED = {**GPU, "name": "third", "workers": 3}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    with renderer(tmp_path_factory.mktemp("renderer")) as ready:
        yield ready


def rendered(real: Renderer, folder: Path, shape: str) -> str:
    profile = site(
        name=folder.name,
        root=str(folder / "root"),
        environment=str(endpoint_python().parent.parent),
        variables={"CUDA_VISIBLE_DEVICES": "GPU-0"},
        shapes=[SLICES, SHARES, SHARED],
    )
    made = render(profile, folder / profile.name).folder.path
    return real.render(made, {"role": "batch", "shape": shape, "walltime": "8h"})


@pytest.mark.parametrize(
    ("shape", "devices"),
    [
        pytest.param("slice", ["1", "MIG-a", "MIG-b"], id="each its own"),
        pytest.param("third", ["GPU-0"] * 3, id="three on one GPU"),
        pytest.param("half", ["GPU-0", "GPU-0", "MIG-c", "MIG-c"], id="two on each of two"),
    ],
)
def test_so_many_runs_are_computed_at_once_and_each_sees_its_gpu(
    real: Renderer, tmp_path: Path, shape: str, devices: list[str]
) -> None:
    with workers(rendered(real, tmp_path, shape), tmp_path) as pack:
        meetings = pack.meet(tasks=2 * len(devices), at_once=len(devices))
    for meeting in meetings:
        assert sorted(str(guest.device) for guest in meeting) == devices
    guests = {guest for meeting in meetings for guest in meeting}
    assert len(guests) == len(devices), "twice as many tasks as workers, each with its GPU"
