"""A site whose submit host this machine is, as its file says."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from armarius.client.config import PoolConfig, SlurmSiteConfig
from armarius.functions.contracts import QueuedShape

GIB = 1 << 30
SITE: dict[str, Any] = {
    "name": "here",
    "root": "/scratch/armarius",
    "kraken_python": "/opt/kraken/bin/python",
    "interface": "ib0",
    "walltimes": ["30m", "8h"],
    "shapes": [
        {"name": "cpu1", "cpus": 1, "memory": 2 * GIB},
        {"name": "gpu", "cpus": 4, "memory": 16 * GIB, "gpus": 1},
    ],
    "slurm": {"cpu1": {"partition": "cpu"}, "gpu": {"partition": "gpu", "gres": "gpu:1", "account": "scholars"}},
}


def site(**changes: Any) -> SlurmSiteConfig:
    return SlurmSiteConfig.model_validate(SITE | changes)


def test_it_knows_its_queue() -> None:
    table = site().queue()
    assert table.walltimes == {"30m": "00:32:00", "8h": "08:02:00"}
    assert table.shapes[1] == QueuedShape(
        name="gpu",
        cpus=4,
        memory=16 * GIB,
        gpus=1,
        partition="gpu",
        options=(
            "--partition=gpu", "--account=scholars", "--gres=gpu:1", "--cpus-per-task=4", "--mem=16384M",
            "--nodes=1", "--ntasks=1",
        ),
    )  # fmt: skip
    assert site().site().queue == table


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interface": None}, "how do compute nodes reach this machine"),
        ({"address": "10.0.0.1"}, "how do compute nodes reach this machine"),
        ({"slurm": {"cpu1": {}}}, "'gpu' is in one of them only"),
        ({"slurm": SITE["slurm"] | {"huge": {}}}, "'huge' is in one of them only"),
        ({"slurm": SITE["slurm"] | {"gpu": {}}}, "no gres"),
        ({"slurm": SITE["slurm"] | {"cpu1": {"account": "{project}"}}}, "no projects"),
        ({"slurm": SITE["slurm"] | {"cpu1": {"partition": "cpu\n#SBATCH --uid=0"}}}, "match"),
        ({"setup": ["one\ntwo"]}, "one printable line"),
        ({"scratch": "/" + "x" * 60}, "match"),
        ({"root": "/with a blank"}, "match"),
        ({"walltimes": []}, "at least 1"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        site(**changes)


def test_one_pool_submits_to_one_slurm() -> None:
    first, second = site(slurm_conf="/etc/slurm/a.conf"), site(name="there", slurm_conf="/etc/slurm/b.conf")
    with pytest.raises(ValidationError, match="one Slurm"):
        PoolConfig(journal="sqlite://", home=Path("/"), sites=(first, second))
    PoolConfig(journal="sqlite://", home=Path("/"), sites=(first, site(name="there", slurm_conf="/etc/slurm/a.conf")))
