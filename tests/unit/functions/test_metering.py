import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from armarius.functions import cgroups, metering
from armarius.functions.cgroups import job_group
from armarius.functions.metering import GROWN, SELDOM, MemoryGauge, job_memory, oom_kills, tree

MIB = 2**20
TAKEN = 128 * MIB
"""Far more than an interpreter takes by itself."""

ALONE = "taken = b'x' * {size}; print(flush=True); input()"
BY_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {alone!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(flush=True)
input()
child.communicate(b"\\n")
"""


def measured(script: str) -> int:
    """Returns what a process takes that has run a script up to its first line of output."""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = MemoryGauge(lambda: tree(process.pid)).read()
        process.communicate(b"\n")
    assert process.returncode == 0
    return found


def test_what_a_process_takes() -> None:
    little, much = (measured(ALONE.format(size=size)) for size in (1, TAKEN))
    assert much - little + MIB >= TAKEN
    assert much < 2 * TAKEN


def test_what_its_children_take() -> None:
    assert TAKEN < measured(BY_A_CHILD.format(alone=ALONE.format(size=TAKEN))) < 2 * TAKEN


def test_pages_that_processes_share_count_once() -> None:
    forks = f"""
import os
taken = b"x" * {TAKEN}
down, up = os.pipe()
children = []
for _ in range(3):
    pid = os.fork()
    if not pid:
        os.close(up)
        os.read(down, 1)
        os._exit(0)
    children.append(pid)
os.close(down)
print(flush=True)
input()
os.close(up)
for pid in children:
    os.waitpid(pid, 0)
"""
    if not hasattr(psutil.Process().memory_full_info(), "pss"):
        pytest.skip("this kernel does not tell the proportional set size")
    assert TAKEN < measured(forks) < 2 * TAKEN


def test_a_process_that_is_gone_takes_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert MemoryGauge(lambda: tree(process.pid)).read() == 0


def test_the_pages_are_walked_through_when_memory_has_grown_and_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[int] = []
    clock, resident = [100.0], [1000]
    monkeypatch.setattr(metering, "_resident", lambda _process: resident[0])
    monkeypatch.setattr(metering, "_memory", lambda _process: walks.append(resident[0]) or resident[0])
    gauge = MemoryGauge(lambda: [psutil.Process()], lambda: clock[0])
    for after, bytes_ in ((0, 1000), (1, int(1000 * GROWN)), (1, 2000), (1, 1500), (SELDOM, 1500)):
        clock[0] += after
        resident[0] = bytes_
        gauge.read()
    assert walks == [1000, 2000, 1500]


@pytest.mark.parametrize(
    ("error", "expected"), [(psutil.AccessDenied(1), 700), (psutil.NoSuchProcess(1), 0)], ids=["denied", "gone"]
)
def test_where_the_kernel_does_not_tell_all(
    monkeypatch: pytest.MonkeyPatch, error: psutil.Error, expected: int
) -> None:
    def refuse(_self: psutil.Process) -> None:
        raise error

    class Info:
        rss = 700

    monkeypatch.setattr(psutil.Process, "memory_full_info", refuse)
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _self: Info())
    monkeypatch.setattr(psutil.Process, "children", lambda _self, recursive: [])
    assert MemoryGauge(lambda: tree(psutil.Process().pid)).read() == expected


# Control groups --------------------------------------------------------------------------------------------------

V2 = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"
V1 = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"
SLURM = "system.slice/slurmstepd.scope/job_7/step_0/user/task_0"


@pytest.fixture(autouse=True)
def outside_of_slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the kernel say these lines, and hold these files below /sys/fs/cgroup."""

    def say(lines: str | None, files: dict[str, str]) -> None:
        own = tmp_path / "cgroup"
        if lines is not None:
            own.write_text(lines)
        for name, content in files.items():
            path = tmp_path / "sys" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        monkeypatch.setattr(cgroups, "ROOT", tmp_path / "sys")
        monkeypatch.setattr(cgroups, "MEMBERSHIP", own)

    return say


@pytest.mark.parametrize(
    ("lines", "files", "expected"),
    [
        pytest.param(f"0::/{SLURM}\n", {f"{SLURM}/memory.events": V2}, 2, id="v2"),
        pytest.param("0::/\n", {"memory.events": V2}, 2, id="v2 in a container"),
        pytest.param(
            "12:cpuset:/\n11:cpu,memory:/slurm/uid_1/job_7\n1:name=systemd:/a:b\n",
            {"memory/slurm/uid_1/job_7/memory.oom_control": V1},
            5,
            id="v1",
        ),
        pytest.param("4:memory:/a\n0::/b\n", {"memory/a/memory.oom_control": V1, "b/memory.events": V2}, 7, id="both"),
        pytest.param("0::/gone\n", {}, 0, id="no such group"),
        pytest.param("0::/old\n", {"old/memory.events": "low 0\nmax 1\n"}, 0, id="an old kernel"),
        pytest.param("0::/odd\n", {"odd/memory.events": "not two words\n"}, 0, id="not as expected"),
        pytest.param("", {}, 0, id="nothing"),
        pytest.param(None, {}, 0, id="no control groups"),
    ],
)
def test_kills_for_want_of_memory(
    groups: Callable[..., None], lines: str | None, files: dict[str, str], expected: int
) -> None:
    groups(lines, files)
    assert oom_kills() == expected


def test_this_machine_can_be_asked() -> None:
    assert oom_kills() >= 0


V1_JOB = "slurm_c1/uid_1/job_7"
V1_FILES = {
    f"memory/{V1_JOB}/memory.max_usage_in_bytes": "3000\n",
    f"memory/{V1_JOB}/memory.limit_in_bytes": "4000\n",
    f"memory/{V1_JOB}/memory.oom_control": "oom_kill 0\n",
    f"memory/{V1_JOB}/step_batch/memory.oom_control": "oom_kill 1\n",
    f"memory/{V1_JOB}/step_batch/task_0/memory.oom_control": "oom_kill 2\n",
}
V2_JOB = "system.slice/slurmstepd.scope/job_7"
V2_FILES = {f"{V2_JOB}/memory.peak": "3000\n", f"{V2_JOB}/memory.max": "max\n", f"{V2_JOB}/memory.events": V2}


@pytest.mark.parametrize(
    ("lines", "files", "limit", "kills"),
    [
        (f"4:memory:/{V1_JOB}/step_batch/task_0\n0::/\n", V1_FILES, 4000, 3),
        (f"0::/{SLURM}\n", V2_FILES, None, 2),
    ],
    ids=["v1", "v2"],
)
def test_the_whole_job_is_counted(
    groups: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    lines: str,
    files: dict[str, str],
    limit: int | None,
    kills: int,
) -> None:
    groups(lines, files)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    job = job_group()
    assert job is not None
    assert (job_memory(), job.limit, oom_kills()) == (3000, limit, kills)


@pytest.mark.parametrize("job", ["8", "", "70"], ids=["another job", "no job", "a number that begins alike"])
def test_a_group_that_is_not_the_jobs_own_says_nothing_of_it(
    groups: Callable[..., None], monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    groups(f"4:memory:/{V1_JOB}/step_batch\n", V1_FILES)
    monkeypatch.setenv("SLURM_JOB_ID", job)
    assert (job_group(), job_memory()) == (None, None)


def test_an_old_kernel_keeps_no_peak(groups: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    groups(f"0::/{SLURM}\n", {f"{V2_JOB}/memory.events": V2})
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert job_memory() is None
