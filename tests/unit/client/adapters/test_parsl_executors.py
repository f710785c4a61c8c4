"""What Parsl is told for a cluster. Nothing is submitted."""

import sys

import pytest

from armarius.client.adapters.parsl_executors import SlurmExecutors
from armarius.functions.executor import RunExecutor
from unit.client.test_config_slurm import site

CONFIG = site(
    interface=None,
    address="127.0.0.1",
    setup=["module load cuda"],
    scratch="/tmp",
    variables={"LANG": "C.UTF-8"},
    max_blocks=2,
)


@pytest.fixture
def executor() -> RunExecutor:
    """For the shape with a GPU and half an hour."""
    made = SlurmExecutors(CONFIG).make("gpu-30m_0", CONFIG.shapes[1], 1800.0)
    assert isinstance(made, RunExecutor)
    return made


def test_there_is_one_for_each_shape_and_walltime() -> None:
    executors = SlurmExecutors(CONFIG)
    assert {executors.label(shape, seconds) for shape in CONFIG.shapes for seconds in CONFIG.ladder()} == {
        "cpu1-30m", "cpu1-8h", "gpu-30m", "gpu-8h",
    }  # fmt: skip


def test_slurm_is_told_what_the_shape_says(executor: RunExecutor) -> None:
    provider = executor.provider
    assert sorted(line for line in provider.scheduler_options.splitlines() if line) == [
        "#SBATCH --account=scholars",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --gres=gpu:1",
        "#SBATCH --mem=16384M",
        "#SBATCH --no-requeue",
        "#SBATCH --partition=gpu",
    ]
    assert (provider.walltime, provider.init_blocks, provider.max_blocks) == ("00:32:00", 0, 2)


def test_a_worker_knows_its_site_and_its_bounds(executor: RunExecutor) -> None:
    lines = executor.provider.worker_init.splitlines()
    assert lines[0] == "module load cuda", "the operator's own come first"
    assert {
        "export LANG=C.UTF-8",
        "export ARMARIUS_SITE_ROOT=/scratch/armarius",
        "export ARMARIUS_KRAKEN_PYTHON=/opt/kraken/bin/python",
        "export ARMARIUS_ROLE=batch",
        'export TMPDIR="$(mktemp -d /tmp/armarius-job.XXXXXXXX)"',
        "export ARMARIUS_CPUS=4",
        "export ARMARIUS_GPUS=1",
        "export ARMARIUS_WALLTIME=1800",
    } <= set(lines)


def test_a_job_that_has_begun_its_run_takes_no_other(executor: RunExecutor) -> None:
    assert executor.drain_period == 60
    assert executor.max_workers_per_node == 1


def test_nothing_is_taken_from_the_path(executor: RunExecutor) -> None:
    assert executor.launch_cmd.startswith(sys.executable)
    assert executor.interchange_launch_cmd[0] == sys.executable
    assert executor.encrypted
