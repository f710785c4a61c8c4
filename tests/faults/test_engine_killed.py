"""kill -9 of the kraken child, and of the Parsl worker that supervises it, in the middle of an epoch."""

import os
import signal
from typing import Any

import psutil
import pytest

from armarius.functions.contracts import Progress
from support.cli import Home, engine_of, until


def seen(home: Home, run_id: str) -> tuple[Progress, ...]:
    return home.rundir(run_id).read_progress()[0]


def in_mid_epoch(home: Home, run_id: str) -> psutil.Process | None:
    """Returns the engine once it has left a checkpoint behind and gone on from there."""
    checkpoint = home.rundir(run_id).newest_checkpoint()
    lines = seen(home, run_id)
    further = checkpoint and lines and checkpoint.step > 0 and lines[-1].step >= checkpoint.step
    return engine_of(run_id) if further else None


def finished(home: Home, job: str, process: Any) -> dict[str, Any]:
    output = process.communicate()[0]
    assert process.returncode == 0, output
    return home.show(job)


def test_the_engine_dies_and_the_training_goes_on_where_it_stood(home: Home, job: str) -> None:
    with home.started("watch", job) as driver:
        engine = until(lambda: in_mid_epoch(home, f"{job}-1"), "an engine in mid-epoch", driver)
        os.kill(engine.pid, signal.SIGKILL)
        shown = finished(home, job, driver)
    first, second = shown["runs"]
    assert (first["report"]["reason"], second["report"]["outcome"]) == ("engine_died", "finished")
    checkpoint = second["report"] and home.rundir(second["id"]).spec().resume_from
    assert checkpoint is not None
    assert checkpoint.run_id == first["id"]
    assert checkpoint.sha256 == first["report"]["checkpoint"]["sha256"]
    assert [epoch["number"] for epoch in second["report"]["epochs"]] == list(range(1, 13))
    assert shown["state"] == "done"


@pytest.mark.parametrize("generations", [1, 2], ids=["worker", "worker-pool"])
def test_the_worker_dies_and_the_run_is_handed_over_again(home: Home, job: str, generations: int) -> None:
    """The engine's parent is the Parsl worker, whose parent is the pool of workers."""
    run_id = f"{job}-1"
    with home.started("watch", job) as driver:
        engine = until(lambda: in_mid_epoch(home, run_id), "an engine in mid-epoch", driver)
        os.kill(engine.parents()[generations - 1].pid, signal.SIGKILL)
        until(lambda: not engine.is_running(), "the end of the orphaned engine", driver)
        shown = finished(home, job, driver)
    assert [run["id"] for run in shown["runs"]] == [run_id]
    assert [epoch["number"] for epoch in shown["runs"][0]["report"]["epochs"]] == list(range(1, 13))
    assert shown["state"] == "done"
