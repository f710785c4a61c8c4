import psutil
import pytest

from unit.endpoint_config.doctor.admitted import CPU, Admit
from unit.endpoint_config.doctor.wards import REPORT, fails, says
from unit.endpoint_config.sites import SLURM


def test_slurm_that_takes_everything(admit: Admit) -> None:
    well = admit(SLURM)
    well.machine.answers |= {"sinfo": says("gpu 2 idle\n"), "--test-only": says()}
    assert well.grave("scheduler") == []
    asked = [command for command in well.machine.ran if "sbatch" in command]
    assert len(asked) == 4  # two shapes, two projects
    assert all("--time=08:02:00" in command for command in asked)
    assert {"--partition=gpu", "--account=def@v100", "--gres=gpu:a100:1", "--exclusive", "--hint=nomultithread"} <= set(
        asked[-2]
    )
    (job,) = [command for command in well.machine.ran if {"srun", "--partition=cpu"} <= set(command)]
    assert {"--time=5", "--cpus-per-task=4", "--mem=8192M", "--account=def"} <= set(job)
    assert job[:2] == ["env", "SLURM_CONF=/etc/slurm/slurm.conf"]
    assert job[-3:-1] == ["bash", "-c"]
    assert job[-1].startswith("module load python\n")


def test_slurm_that_does_not_answer_refuses_or_is_busy(admit: Admit) -> None:
    sick = admit(SLURM, projects={"htr": "abc"})
    sick.machine.answers["--test-only"] = fails("allocation failure: Invalid account or account/partition combination")
    sick.machine.report = None
    grave = sick.grave("scheduler")
    assert grave[0].startswith("problem: Slurm does not answer: ")
    assert sum("Invalid account" in told for told in grave) == 2
    assert sum(told.startswith("warning: No node of shape") and "busy" in told for told in grave) == 2


def test_kraken_that_is_not_seen_on_the_node(admit: Admit) -> None:
    sick = admit()
    sick.machine.report = REPORT.model_copy(update={"kraken": "", "trouble": "no such file"})
    assert "problem: kraken does not work on node1: no such file" in sick.grave("scheduler")


@pytest.mark.parametrize("workers", [1, 200])
def test_a_machine_without_a_scheduler_is_not_promised_twice(admit: Admit, workers: int) -> None:
    cpus = psutil.cpu_count() or 1
    sick = admit(shapes=[{**CPU[0], "cpus": cpus, "workers": workers}])
    assert bool(sick.grave("scheduler")) == (workers > 1)
