from collections.abc import Callable
from pathlib import Path

import pytest

from armarius.functions.contracts import QueuedShape, QueueTable
from armarius.functions.queue import QUEUE_VARIABLE, queue_report, queue_table
from armarius.functions.queue import asking as asking_module

TABLE = QueueTable(
    shapes=(
        QueuedShape(name="cpu1", cpus=1, partition="cpu", options=("--partition=cpu", "--cpus-per-task=1")),
        QueuedShape(name="big", cpus=64, partition="cpu", picky=True, options=("--partition=cpu", "--mem=9T")),
    ),
    walltimes={"30m": "00:32:00"},
)

SINFO = """\
#!/bin/sh
case "$*" in
  *--Node*) echo 'cpu*|c1|idle|0/4/0/4|8000|0|(null)|gpu:0|' ;;
  *) printf 'cpu*|up|1|0/4/0/4|1:00:00\\nother|up|1|0/4/0/4|1:00:00\\n' ;;
esac
"""
SBATCH = """\
#!/bin/sh
echo "$*" >> {asked}
case "$*" in
  *9T*) echo 'allocation failure: Requested node configuration is not available' >&2; exit 1 ;;
  *) echo 'sbatch: Job 8 to start at 2020-01-01T00:00:00 using 1 processors on nodes c1 in partition cpu' >&2 ;;
esac
"""

SQUEUE = """\
#!/bin/sh
printf 'cpu|12345|x|Resources\\ncpu|12345|y|JobHeldUser\\nother|12345|z|Resources\\n'
"""
SCONTROL = "#!/bin/sh\necho 'PrivateData             = {private}'\n"

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a program of this name before all others; of Slurm's, all but ``sbatch`` are there."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()

    def write(name: str, text: str) -> None:
        program = tmp_path / "bin" / name
        program.write_text(text)
        program.chmod(0o755)

    write("sinfo", SINFO)
    write("squeue", SQUEUE)
    write("scontrol", SCONTROL.format(private="none"))
    return write


def test_slurm_is_asked_with_the_operators_options(install: Install, tmp_path: Path) -> None:
    install("sbatch", SBATCH.format(asked=tmp_path / "asked"))
    report = queue_report(TABLE)
    assert sorted((tmp_path / "asked").read_text().splitlines()) == [
        "--test-only --time=00:32:00 --partition=cpu --cpus-per-task=1 --wrap=true",
        "--test-only --time=00:32:00 --partition=cpu --mem=9T --wrap=true",
    ]
    assert [partition.name for partition in report.partitions] == ["cpu"], "only those of the shapes"
    assert report.free == {"cpu1": 4}, "what the other one wants cannot be counted"
    assert report.others == {"cpu1": 1, "big": 1}
    waits = {wait.shape: (wait.seconds, wait.refusal) for wait in report.waits}
    assert waits["cpu1"] == (0, "")
    assert waits["big"] == (None, "allocation failure: Requested node configuration is not available")
    assert report.trouble == ""


def test_where_jobs_are_private_nobody_is_taken_to_be_alone(install: Install, tmp_path: Path) -> None:
    install("scontrol", SCONTROL.format(private="accounts,jobs"))
    install("sbatch", SBATCH.format(asked=tmp_path / "asked"))
    report = queue_report(TABLE)
    assert (report.others, report.free) == ({}, {"cpu1": 4})


def test_without_slurm_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    report = queue_report(TABLE)
    assert (report.partitions, report.free, report.waits) == ((), {}, ())
    assert "sinfo" in report.trouble


def test_a_slow_scheduler_is_not_waited_for(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("sbatch", "#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(asking_module, "PATIENCE", 0.2)
    assert "2 estimates are missing" in queue_report(TABLE).trouble


def test_the_table_comes_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(QUEUE_VARIABLE, TABLE.model_dump_json())
    assert queue_table() == TABLE


@pytest.mark.parametrize("text", ["", "[]", '{"shapes": [], "walltimes": {}, "more": 1}'])
def test_a_table_of_another_release_is_none(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(QUEUE_VARIABLE, text)
    assert queue_table() is None
