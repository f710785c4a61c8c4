from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import QueuedShape
from armarius.functions.queue.words import (
    NodeState,
    free,
    keeps_jobs_private,
    length,
    nodes,
    others,
    partitions,
    start,
)

SINFO = """\
cpu*|up|2|3/5/0/8|1:00:00
gpu|up|1|4/0/0/4|2-00:00:00
old|inact|1|0/0/4/4|infinite
"""
NODES = """\
cpu*|c1|mixed|1/3/0/4|8000|500|(null)|gpu:0|
cpu*|c2|drained|0/4/0/4|8000|0|(null)|gpu:0|
gpu|g1|mixed|1/7/0/8|16000|4000|gpu:a100:2(S:0-1),gpu:v100:1|gpu:a100:1(IDX:0),gpu:v100:0(IDX:N/A)|
"""
PENDING = """\
cpu|1000|parsl.GlobusComputeEngine.block-1.1764180000.5|Resources
cpu|1000|training|Priority
gpu,cpu|1001|a|b|Resources
cpu|1001|parsl.GlobusComputeEngine.block-2.1764180000.5|QOSMaxJobsPerUserLimit
gpu|1001|night|BeginTime
gpu|1001|later|Dependency
"""
GIB = 1 << 30


def shape(**changes: object) -> QueuedShape:
    return QueuedShape.model_validate({"name": "any", "cpus": 1, "partition": "cpu"} | changes)


def test_partitions_are_read() -> None:
    cpu, gpu, old = partitions(SINFO)
    assert (cpu.name, cpu.up, cpu.nodes, cpu.cpus, cpu.cpus_free, cpu.longest) == ("cpu", True, 2, 8, 5, 3600)
    assert (gpu.cpus_free, gpu.longest) == (0, 2 * 86400)
    assert (old.up, old.longest) == (False, None)


def test_nodes_are_read_with_what_is_free_on_them() -> None:
    mixed, drained, gpus = nodes(NODES)
    assert mixed == NodeState("cpu", default=True, idle=False, cpus=3, memory=7500 << 20, gpus=0)
    assert drained.cpus == 0, "it takes no jobs"
    assert gpus.gpus == 2, "of all kinds"


@pytest.mark.parametrize(
    ("wanted", "fitting"),
    [
        ({"cpus": 1}, 3),
        ({"cpus": 2}, 1),
        ({"cpus": 1, "memory": 3 * GIB}, 2),
        ({"cpus": 1, "partition": None}, 3),
        ({"cpus": 1, "gpus": 1, "partition": "gpu"}, 2),
        ({"cpus": 1, "gpus": 1, "memory": 8 * GIB, "partition": "gpu"}, 1),
        ({"cpus": 1, "whole": True}, 0),
        ({"cpus": 1, "partition": "elsewhere"}, 0),
    ],
)
def test_the_jobs_are_counted_that_could_start_at_once(wanted: dict[str, object], fitting: int) -> None:
    assert free(shape(**wanted), list(nodes(NODES))) == fitting


@given(st.text(), st.integers(1, 64), st.integers(0, 8))
def test_whatever_slurm_prints_is_read_or_passed_over(text: str, cpus: int, gpus: int) -> None:
    list(partitions(text))
    assert free(shape(cpus=cpus, gpus=gpus), list(nodes(text))) >= 0
    assert 0 <= others(shape(), text, "cpu", gpus) <= len(text.splitlines())


def test_all_jobs_are_before_ours_but_our_blocks_and_what_is_held() -> None:
    assert others(shape(), PENDING, "other", 1000) == 3
    assert others(shape(partition=None), PENDING, "cpu", 1000) == 3
    assert others(shape(), PENDING, "other", 1001) == 3, "what we run beside the endpoint is no block of it"
    assert others(shape(partition="gpu"), PENDING, "cpu", 1000) == 1


@pytest.mark.parametrize(
    ("said", "private"),
    [("none", False), ("jobs", True), ("accounts,jobs,usage", True), ("jobsomething", False)],
)
def test_a_scheduler_that_keeps_jobs_to_itself_is_known(said: str, private: bool) -> None:
    assert (
        keeps_jobs_private(f"PluginDir = /usr/lib/jobs\nPrivateData             = {said}\nPrologFlags = jobs\n")
        is private
    )


def test_the_start_of_a_job_is_read_in_the_clusters_own_time() -> None:
    at = datetime(2026, 11, 26, 0, 20).timestamp()
    told = "sbatch: Job 8 to start at 2026-11-26T00:20:00 using 1 processors on nodes c1 in partition cpu"
    assert start(told, at - 90) == 90
    assert start(told, at + 5) == 0, "at once"
    assert start("allocation failure: Requested node configuration is not available", at) is None
    assert start("sbatch: Job 8 to start at Unknown", at) is None


@given(st.integers(0, 40), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_every_length_of_time_is_read(days: int, hours: int, minutes: int, seconds: int) -> None:
    assert length(f"{days}-{hours:02}:{minutes:02}:{seconds:02}") == (
        ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    )
    assert length(f"{hours}:{minutes:02}:{seconds:02}") == (hours * 60 + minutes) * 60 + seconds
    assert length(f"{minutes}:{seconds:02}") == minutes * 60 + seconds
