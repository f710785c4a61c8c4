"""Runs that are handed over."""

import subprocess
import sys
import uuid

from armarius.client.ports import TaskState
from support.cli import until

from .desk import QUIET, SUBMIT, Desk

pytestmark = QUIET

HAND_OVER = """
import sys
from pathlib import Path
from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute import GlobusCompute
from armarius.client.config import read_config
from armarius.functions.contracts import RunSpec

config = read_config(Path(sys.argv[1])).site("alpha")
spec = RunSpec(run_id=sys.argv[2], task="train", dataset="0" * 64)
print(GlobusCompute(config, globus_app(config.identity)).submit(spec, config.shapes[0], 7200.0))
"""


def test_a_run_handed_over_by_a_process_that_is_gone(desk: Desk) -> None:
    run_id = f"r{uuid.uuid4().hex}"
    command = [sys.executable, "-c", HAND_OVER, str(desk.made.home.path / "config"), run_id]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert desk.ended(done.stdout.strip()).state is TaskState.RETURNED
    [status] = desk.compute.call("progress", {"runs": [{"run_id": run_id}]})["runs"]
    assert status["report"]["reason"] == "engine_missing", "this institution has no kraken"


def test_a_submission_that_was_taken_and_answered_with_an_error_is_one_run(desk: Desk) -> None:
    desk.cloud.faults.answer(SUBMIT, 502, after=True)
    assert desk.ended(desk.submit()).state is TaskState.RETURNED


def test_many_runs_are_looked_at_with_one_request(desk: Desk) -> None:
    desk.cloud.faults.lose_results(str(desk.config.functions["train"].id), times=3)
    references = [desk.submit() for _ in range(3)]
    until(lambda: not desk.cloud.faults.pending(), "the loss of three results")
    for reference in references:
        desk.compute.task(reference)
    desk.cloud.forget_stats()
    desk.clock.pass_(5)
    assert {desk.compute.task(reference).state for reference in references} == {TaskState.PENDING}
    assert desk.cloud.stats().count("POST /v2/batch_status") == 1


def test_a_result_that_was_thrown_away_is_unknown(desk: Desk) -> None:
    desk.cloud.faults.expire_results(str(desk.config.functions["train"].id))
    assert desk.ended(desk.submit()).state is TaskState.UNKNOWN
