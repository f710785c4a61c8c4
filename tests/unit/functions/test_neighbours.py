import os
from pathlib import Path

import pytest

from armarius.functions.neighbours import ALIVE_SECONDS, Neighbours
from armarius.functions.site import Site

SHARED = {"ARMARIUS_SHARING": "3", "CUDA_VISIBLE_DEVICES": "GPU-a"}


def of(site: Site, run: str, **more: str) -> Neighbours:
    found = Neighbours.of(site, run, SHARED | more)
    assert found is not None
    return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_who_has_a_gpu_alone_counts_nobody(site: Site) -> None:
    assert Neighbours.of(site, "a", {}) is None
    assert Neighbours.of(site, "a", {"ARMARIUS_SHARING": "1"}) is None


def test_the_others_on_the_same_gpu_are_counted_over_time(site: Site) -> None:
    one, two, elsewhere = of(site, "one"), of(site, "two"), of(site, "three", CUDA_VISIBLE_DEVICES="GPU-b")
    assert one.mean is None
    one.look()
    elsewhere.look()
    assert (one.mean, elsewhere.mean) == (0, 0)
    two.look()
    one.look()
    assert (two.mean, one.mean) == (1, 0.5)
    two.leave()
    two.leave()
    one.look()
    assert one.mean == pytest.approx(1 / 3)


def test_what_a_killed_run_left_counts_no_more(site: Site) -> None:
    killed, run = of(site, "killed"), of(site, "run")
    killed.look()
    (sign,) = (site.root / "sharing").glob("*/killed")
    before = sign.stat().st_mtime - ALIVE_SECONDS - 1
    os.utime(sign, (before, before))
    run.look()
    assert run.mean == 0


def test_slurms_own_number_tells_gpus_apart_that_jobs_count_from_nought(site: Site) -> None:
    for run, gpu in (("one", "2"), ("two", "3"), ("three", "2")):
        last = of(site, run, CUDA_VISIBLE_DEVICES="0", SLURM_JOB_GPUS=gpu)
        last.look()
    assert last.mean == 1


def test_a_device_of_any_name_is_a_name_of_a_folder(site: Site) -> None:
    of(site, "run", CUDA_VISIBLE_DEVICES="../../MIG-GPU-x/1/0").look()
    (sign,) = site.root.rglob("run")
    assert sign.parent.parent == site.root / "sharing"
