"""kill -9, SIGTERM and power failures, wherever they may happen: always one model."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from armarius.client.jobs.state import JobState
from support.cli import Home, engine_of, until
from support.federation import Federation, Institution

from .conftest import Train, all_ended, fresh_pages, in_mid_training, one_model, run_of, state_of, user_endpoint


def kill(process: psutil.Process | None) -> None:
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)


def kill_worker(_made: Federation, _alpha: Institution, engine: psutil.Process) -> None:
    """The process in which the function runs; the engine is its child."""
    kill(engine.parent())


def kill_block(_made: Federation, _alpha: Institution, engine: psutil.Process) -> None:
    """The pool of workers, as at the end of a Slurm job; all that it started dies with it."""
    pool = engine.parents()[1]
    family = [pool, *pool.children(recursive=True)]
    for member in family:
        member.kill()


def kill_user_endpoint(_made: Federation, alpha: Institution, _engine: psutil.Process) -> None:
    kill(user_endpoint(alpha, "batch"))


def kill_control_endpoint(_made: Federation, alpha: Institution, _engine: psutil.Process) -> None:
    kill(user_endpoint(alpha, "control"))


def kill_core_endpoint(_made: Federation, alpha: Institution, _engine: psutil.Process) -> None:
    """systemd starts it again."""
    alpha.endpoint.kill()
    alpha.endpoint.start()


def kill_broker(made: Federation, _alpha: Institution, _engine: psutil.Process) -> None:
    made.cloud.kill_broker()
    made.cloud.restart_broker()


def kill_web(made: Federation, _alpha: Institution, _engine: psutil.Process) -> None:
    made.cloud.kill_web()
    made.cloud.restart_web()


Fault = Callable[[Federation, Institution, psutil.Process], None]
FAULTS: list[Fault] = [
    kill_worker, kill_block, kill_user_endpoint, kill_control_endpoint, kill_core_endpoint, kill_broker, kill_web,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_model(fault: Fault, made: Federation, alpha: Institution, home: Home, train: Train) -> None:
    job = train(epochs=25)
    with home.started("watch", job) as driver:
        engine = until(lambda: in_mid_training(alpha, job), "an engine in mid-training", driver)
        fault(made, alpha, engine)
        output = driver.communicate(timeout=300)[0]
    assert driver.returncode == 0, output
    one_model(home, job)


def test_sigterm_of_a_user_endpoint_with_work_queued(
    made: Federation, alpha: Institution, home: Home, train: Train
) -> None:
    """The run that is computed and the run that waits behind it both come to their end."""
    jobs = [train(name=name, epochs=25) for name in ("first", "second")]
    with home.started("serve") as driver:
        until(lambda: any(in_mid_training(alpha, job) for job in jobs), "one that computes", driver)
        waits = [job for job in jobs if not run_of(alpha, job).heartbeat_path.exists()]
        until(lambda: all(state_of(home, job) is JobState.CALIBRATING for job in waits), "one that waits", driver)
        ended = user_endpoint(alpha, "batch")
        assert ended is not None
        ended.terminate()
        until(lambda: all_ended(home, jobs), "the end of both", driver)
    for job in jobs:
        one_model(home, job)


def test_nobody_drives_during_the_whole_training(alpha: Institution, home: Home, train: Train) -> None:
    job = train()
    with home.started("watch", job) as driver:
        until(lambda: run_of(alpha, job).spec_path.exists(), "the run on the site", driver)
        driver.kill()
    until(lambda: run_of(alpha, job).report_path.exists(), "the end of the training")
    assert engine_of(f"{job}-1") is None
    home.run("resume", job)
    one_model(home, job)
    assert len(home.show(job)["runs"]) == 1


def test_the_driver_dies_while_files_move(made: Federation, home: Home, train: Train, tmp_path: Path) -> None:
    """The submission id is in the journal before the transfer begins: it is begun once."""
    before = made.cloud.stats().transfers.keys()
    slow = made.cloud.faults.slow_copy(2000)
    job = train("--checkpoint-every", "60", folder=fresh_pages(tmp_path))  # none comes home meanwhile
    with home.started("watch", job) as driver:
        until(lambda: made.cloud.stats().count("POST /v0.10/transfer"), "a transfer", driver)
        driver.kill()
    made.cloud.faults.remove(slow)
    home.run("resume", job)
    one_model(home, job)
    assert len(made.cloud.stats().transfers.keys() - before) == 2, "there and back, each begun once"
