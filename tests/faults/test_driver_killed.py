"""kill -9 of the process that drives a job, in every state that the job goes through."""

import signal
import subprocess
import sys
from pathlib import Path

from support.cli import PATIENCE, Home

SCRIPT = Path(__file__).with_name("die_in_state.py")


def die_in(home: Home, job: str, state: str) -> int:
    done = subprocess.run([sys.executable, SCRIPT, job, state], env=home.environment, timeout=PATIENCE)
    return done.returncode


def test_one_job_survives_the_death_of_its_driver_in_every_state(home: Home, job: str, tmp_path: Path) -> None:
    for state in ("placed", "staging", "calibrating", "training", "returning"):
        assert die_in(home, job, state) == -signal.SIGKILL, f"the job was never {state}"
    assert "CER" in home.run("resume", job)
    shown = home.show(job)
    assert shown["state"] == "done"
    assert [run["id"] for run in shown["runs"]] == [f"{job}-1"], "one run, under one id"
    assert sorted(path.name for path in (tmp_path / "results").glob("model*")) == ["model.mlmodel", "model.safetensors"]
    epochs = [epoch["number"] for epoch in shown["runs"][0]["report"]["epochs"]]
    assert epochs == list(range(1, 13)), "every epoch counts once"
