"""How a run in a job of Slurm can die, what the person sees, and what the pool does: the table of docs/faults.md."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from armarius.client.jobs.state import JobState
from armarius.functions.claim import CLAIM_VARIABLE
from armarius.functions.contracts import Outcome, Reason, Shape
from cluster.cgroups import Cgroups
from support.cli import engine_of, until

from .conftest import GIB, SHAPE, Bench, MakeBench


def cut(bench: Bench, number: int = 1) -> tuple[str, str, str]:
    """Returns how a run ended: outcome, reason, and what the person was told."""
    report = bench.runs()[number - 1].report_json
    assert report is not None
    assert report["message"] in bench.history() or bench.job.status().error
    return report["outcome"], report["reason"], report["message"]


def lost_steps(bench: Bench) -> int:
    """Returns how many steps of the first run the second has to repeat."""
    first, second = bench.runs()[:2]
    assert second.spec.resume_from is not None
    return first.step - second.spec.resume_from.step


def taken_by(bench: Bench, job: int) -> None:
    """Lets another job take the node from the run's, and cancels that one as soon as it has it."""
    taker = bench.cluster.preempt(job)
    bench.until(lambda: bench.cluster.job(taker).state == "RUNNING", "the other job")
    bench.cluster.cancel(taker)


# Told beforehand -----------------------------------------------------------------------------------------------------


def test_scancel_leaves_time_for_a_checkpoint_and_the_run_goes_on(bench: Bench) -> None:
    bench.train()
    job = bench.computing()
    bench.cluster.cancel(job)
    bench.next_run(2)
    outcome, reason, said = cut(bench)
    assert (outcome, reason) == (Outcome.PAUSED.value, Reason.JOB_CANCELLED.value)
    assert f"Slurm job {job} on {bench.cluster.name}" in said
    assert "scancel" in said
    assert lost_steps(bench) <= 0, "the checkpoint was written after the last step"


def test_a_worker_of_parsl_hears_of_scancel_through_its_batch_shell(bench: Bench) -> None:
    bench.through_parsl()
    bench.train()
    job = bench.computing()
    bench.cluster.cancel(job)
    bench.next_run(2)
    assert cut(bench)[:2] == (Outcome.PAUSED.value, Reason.JOB_CANCELLED.value)
    assert f"Slurm job {job} on {bench.cluster.name}" in cut(bench)[2]
    assert lost_steps(bench) <= 0


def test_preemption_with_a_time_of_grace_is_noticed_though_no_signal_comes(bench: Bench) -> None:
    bench.cluster.command("scontrol", "update", "PartitionName=scavenge", "GraceTime=120")
    try:
        bench.site.partition = "scavenge"
        bench.train(every=3600)
        bench.until(lambda: bench.runs() and bench.steps() > 50, "a run in the middle")
        job = bench.site.job
        taken_by(bench, job)
        bench.next_run(2)
    finally:
        bench.cluster.command("scontrol", "update", "PartitionName=scavenge", "GraceTime=0")
    assert cut(bench)[:2] == (Outcome.PAUSED.value, Reason.PREEMPTED.value)
    assert f"Slurm job {job}" in cut(bench)[2]
    assert lost_steps(bench) <= 0


def test_preemption_without_grace_leaves_what_slurm_waits_before_it_kills(bench: Bench) -> None:
    bench.site.partition = "scavenge"
    bench.train(every=3600)
    bench.until(lambda: bench.runs() and bench.steps() > 50, "a run in the middle")
    job = bench.site.job
    taken_by(bench, job)
    bench.next_run(2)
    assert cut(bench)[:2] == (Outcome.PAUSED.value, Reason.PREEMPTED.value)
    assert f"Slurm job {job}" in cut(bench)[2]
    assert lost_steps(bench) <= 0


# Not told ------------------------------------------------------------------------------------------------------------


def test_preemption_that_nobody_is_told_of_costs_what_came_after_the_last_checkpoint(bench: Bench) -> None:
    bench.site.partition, bench.site.trap = "scavenge", False
    bench.train()
    job = bench.computing()
    last = bench.checkpoint()
    taken_by(bench, job)
    second = bench.next_run(2)
    assert cut(bench)[:2] == (Outcome.PAUSED.value, Reason.PREEMPTED.value)
    assert f"Slurm job {job} on {bench.cluster.name}" in cut(bench)[2]
    assert "had to make room for another job" in cut(bench)[2]
    assert second.spec.resume_from is not None
    assert second.spec.resume_from.step >= last
    assert len(bench.site.jobs) == 2, "each attempt is one Slurm job: nothing was requeued"


def test_a_node_that_crashes_is_named_and_the_run_goes_on_elsewhere(bench: Bench) -> None:
    bench.train()
    job = bench.computing()
    node = bench.cluster.job(job).node
    bench.cluster.crash_node(node)
    bench.next_run(2)
    assert cut(bench)[:2] == (Outcome.PAUSED.value, Reason.NODE_LOST.value)
    assert cut(bench)[2].startswith(f"The machine of Slurm job {job} on {node} failed.")
    bench.until(lambda: bench.cluster.job(bench.site.job).node, "the second job to run")
    assert bench.cluster.job(bench.site.job).node != node


@pytest.mark.slow
def test_a_run_whose_slurmd_is_killed_pauses_as_soon_as_slurm_gives_the_machine_up(bench: Bench) -> None:
    """Its processes run on and know nothing; but they ask, and leave before somebody else begins."""
    bench.train()
    job = bench.computing()
    node = bench.cluster.job(job).node
    bench.cluster.kill_node(node)
    bench.next_run(2)
    assert bench.cluster.job(job).state == "NODE_FAIL"
    assert cut(bench)[:2] == (Outcome.PAUSED.value, Reason.NODE_LOST.value)
    assert cut(bench)[2] == f"Slurm takes the machine of Slurm job {job} on {node} for lost."
    assert lost_steps(bench) <= 0
    assert engine_of(bench.runs()[0].id) is None


def test_a_run_that_the_kernel_ends_for_its_memory_gets_the_next_larger_shape(make: MakeBench) -> None:
    bench = make()
    if bench.cluster.cgroups is not Cgroups.V1:
        pytest.skip("Slurm cannot watch memory here")
    bench.shapes(Shape(name="tight", cpus=1, memory=GIB // 4))
    bench.train(epochs=4)
    bench.until(lambda: bench.site.jobs, "the first job")
    bench.shapes(Shape(name="tight", cpus=1, memory=GIB // 4), SHAPE)
    report = bench.done()
    assert cut(bench)[:2] == (Outcome.FAILED.value, Reason.OUT_OF_MEMORY.value)
    assert [run.shape.name for run in bench.runs()] == ["tight", SHAPE.name]
    assert report.usage.job_memory is not None
    assert report.usage.memory is not None
    assert report.usage.memory < SHAPE.memory
    assert report.usage.job_memory < SHAPE.memory


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with a few megabytes of room."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", str(place)], capture_output=True)
    if mount.returncode:
        pytest.skip("only root can mount a small file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_scratch_is_named_and_leaves_nothing_half_written(make: MakeBench, small_disk: Path) -> None:
    bench = make(root=small_disk / "site")
    bench.train()
    bench.computing()
    (small_disk / "others").write_bytes(b"x" * (_free(small_disk) - 16 * 1024))
    row = bench.ended()
    assert (row.state, cut(bench)[:2]) == (JobState.FAILED, (Outcome.FAILED.value, Reason.DISK_FULL.value))
    assert "no room left" in row.error
    run = bench.directory()
    assert sorted(path.suffix for path in run.checkpoints.iterdir()) in (
        [".ckpt", ".json"],
        [".ckpt", ".ckpt", ".json", ".json"],
    )
    for reference in run.checkpoint_refs():
        run.verified(reference)
    (small_disk / "others").unlink()
    bench.resume()
    second = bench.next_run(2)
    assert second.spec.resume_from == run.newest_checkpoint()


def _free(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


# Asked for -----------------------------------------------------------------------------------------------------------


def test_cancelling_a_job_while_it_is_computed_frees_its_slurm_job(bench: Bench) -> None:
    bench.train()
    job = bench.computing()
    bench.job.cancel()
    assert bench.ended().state is JobState.CANCELLED
    until(lambda: not bench.cluster.job(job).active, "the end of the Slurm job")
    assert bench.cluster.job(job).state == "COMPLETED"


@pytest.mark.slow
def test_a_drained_node_keeps_what_it_computes_until_its_end(bench: Bench) -> None:
    bench.train(epochs=20)
    job = bench.computing()
    node = bench.cluster.job(job).node
    bench.cluster.command("scontrol", "update", f"NodeName={node}", "State=drain", "Reason=test")
    try:
        bench.done()
    finally:
        bench.cluster.command("scontrol", "update", f"NodeName={node}", "State=resume")
    assert bench.site.jobs == [job]


# Twice ---------------------------------------------------------------------------------------------------------------


def test_a_copy_that_was_cut_off_finds_itself_superseded(bench: Bench) -> None:
    """Stopped, as a machine that lost its network is for all others; what it was doing is taken over meanwhile."""
    bench.train()
    job = bench.computing()
    run_id = bench.runs()[0].id
    engine = engine_of(run_id)
    assert engine is not None
    supervisor = engine.parent()
    assert supervisor is not None
    family = [supervisor, engine]
    claim = engine.environ()[CLAIM_VARIABLE]
    for process in family:
        process.send_signal(signal.SIGSTOP)
    mine = bench.directory().seal()
    assert mine.claim == int(claim) + 1
    for process in reversed(family):
        process.send_signal(signal.SIGCONT)
    psutil.wait_procs(family, 60)
    before = bench.directory().newest_checkpoint()
    assert not any(process.is_running() for process in family)
    assert not bench.directory().report_path.exists()
    assert bench.directory().newest_checkpoint() == before
    until(lambda: not bench.cluster.job(job).active, "the end of its Slurm job")
