import json
import os
import signal
import socket

import pytest
import requests

from armarius.client.job import Job
from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome, Reason
from support.desk import Bench

from .conftest import Armarius, computing


def test_watch_drives_a_job_to_its_end(armarius: Armarius, job: Job, made: Bench) -> None:
    computing(made)
    result = armarius("watch", job.id)
    assert "CER 8.7 %" in result.stdout
    assert f"job {job.id}, results in {made.folder / 'out'}" in result.stderr
    assert job.status().state is JobState.DONE


def test_watching_what_is_done_says_so_again(armarius: Armarius, job: Job, made: Bench) -> None:
    computing(made)
    first, second = (armarius("watch", job.id, "--json").stdout for _ in range(2))
    assert first == second
    assert len(made.site.runs) == 1


def test_cancel_waits_for_the_end(armarius: Armarius, job: Job, made: Bench) -> None:
    result = armarius("cancel", job.id)
    assert result.stdout == f"job {job.id} is cancelled\n"
    assert job.status().state is JobState.CANCELLED
    assert armarius("cancel", job.id).stdout == f"job {job.id} is cancelled\n"


def test_cancel_does_not_undo_what_is_done(armarius: Armarius, job: Job, made: Bench) -> None:
    computing(made)
    armarius("watch", job.id)
    assert armarius("cancel", job.id).stdout == f"job {job.id} is done\n"


def test_resume_begins_a_cancelled_job_again(armarius: Armarius, job: Job, made: Bench) -> None:
    armarius("cancel", job.id)
    computing(made)
    assert json.loads(armarius("resume", job.id, "--json").stdout)["state"] == "done"
    result = armarius("resume", job.id, code=1)
    assert f"error: Job {job.id} is done; there is nothing to resume." in result.stderr


def test_resume_begins_a_failed_job_again(armarius: Armarius, job: Job, made: Bench) -> None:
    computing(made, Outcome.FAILED, reason=Reason.DISK_FULL, message="No room.")
    assert "Failed: No room." in armarius("watch", job.id, code=1).stdout
    computing(made)
    assert "CER 8.7 %" in armarius("resume", job.id).stdout
    assert len(made.site.runs) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_job_as_it_stands(
    armarius: Armarius, job: Job, made: Bench, number: signal.Signals
) -> None:
    handler = signal.getsignal(number)
    made.site.wait = lambda _seconds: os.kill(os.getpid(), number)
    result = armarius("watch", job.id, code=130)
    assert "nothing is lost" in result.stdout
    assert f"armarius resume {job.id}" in result.stdout
    assert signal.getsignal(number) is handler
    row = job.status()
    assert (row.state.final, row.lease_owner) == (False, None)


def test_serve_drives_all_jobs_until_it_is_told_to_stop(armarius: Armarius, made: Bench, pool: Pool) -> None:
    jobs = [pool.train([made.folder / "pages"], output=made.folder / name) for name in ("a", "b")]
    computing(made)
    compute = made.site.wait

    def wait(seconds: float) -> None:
        compute(seconds)
        if all(job.status().state.final for job in jobs):
            os.kill(os.getpid(), signal.SIGINT)

    made.site.wait = wait
    result = armarius("serve")
    assert [job.status().state for job in jobs] == [JobState.DONE, JobState.DONE]
    for job in jobs:
        told = [line for line in result.stdout.splitlines() if line.startswith(job.id)]
        assert "packed" in told[0]
        assert "done" in told[-1]
        assert sum("epoch" in line for line in told) == 2
    assert "Ctrl-C" in result.stderr


def test_serve_offers_metrics_and_logs_what_happens(armarius: Armarius, made: Bench, pool: Pool) -> None:
    job = pool.train([made.folder / "pages"], output=made.folder / "a")
    read: list[str] = []

    def wait(_seconds: float) -> None:
        if job.status().state.computing:
            read.append(requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text)
            os.kill(os.getpid(), signal.SIGINT)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made.site.wait = wait
    result = armarius("--log-level", "info", "--log-format", "json", "serve", "--metrics", str(port))
    assert 'armarius_jobs{kind="recognition",state="calibrating",task="train"} 1.0' in read[0]
    assert f"Metrics for Prometheus are offered on port {port}." in result.stderr
    logged = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert {line["job"] for line in logged} == {job.id}
    assert "handed over" in [line["message"] for line in logged]
