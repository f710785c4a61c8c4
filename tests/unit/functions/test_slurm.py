"""What Slurm prints, as recorded from 22.05.8 and 24.11."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions import slurm
from armarius.functions.slurm import JobView, ask, job_of, read_account, read_job

RUNNING = (
    "JobId=5 JobName=preempt UserId=me(0) Requeue=0 Restarts=0 ExitCode=0:0 JobState=RUNNING Reason=None "
    "TimeLimit=00:10:00 StartTime=1795650814 EndTime=1795650836 PreemptEligibleTime=1795650814 "
    "PreemptTime=1795650816 NodeList=life-c1 ReqNodeList=(null) BatchHost=life-c1 Command=/tmp/EndTime=7 \n"
)
CANCELLED = (
    "JobId=4 JobState=CANCELLED Reason=None Restarts=2 EndTime=1795650797 NodeList=(null) BatchHost=life-c2 Power= \n"
)
WAITING = "JobId=9 JobState=PENDING Reason=Priority EndTime=Unknown PreemptTime=None NodeList=(null)\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RUNNING, JobView("RUNNING", 1795650836.0, True, "life-c1", 0)),
        (CANCELLED, JobView("CANCELLED", 1795650797.0, False, "life-c2", 2)),
        (WAITING, JobView("PENDING")),
        ("slurm_load_jobs error: Invalid job id specified\n", None),
        ("", None),
    ],
    ids=["preempted, still running", "cancelled", "waiting", "unknown", "nothing"],
)
def test_what_scontrol_prints(text: str, expected: JobView | None) -> None:
    assert read_job(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4|CANCELLED by 1001|c[1-2]\n4.batch|CANCELLED|c1\n", JobView("CANCELLED by 1001", nodes="c[1-2]")),
        ("4|PREEMPTED|c1\n4|NODE_FAIL|None assigned\n", JobView("NODE_FAIL")),
        ("44|COMPLETED|c1\n", None),
        ("sacct: error: Slurm accounting storage is disabled\n", None),
    ],
    ids=["with its steps", "begun twice", "another job", "no accounting"],
)
def test_what_sacct_prints(text: str, expected: JobView | None) -> None:
    assert read_account(text, "4") == expected


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    read_job(text)
    read_account(text, "4")


@pytest.mark.parametrize(
    ("number", "expected"), [("12", "12"), ("", None), ("12 --help", None), ("-1", None), ("9" * 11, None)]
)
def test_only_a_number_names_a_job(number: str, expected: str | None) -> None:
    assert job_of({"SLURM_JOB_ID": number}) == expected
    assert job_of({}) is None


def fake(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_job_that_the_controller_forgot_is_looked_up_where_ended_jobs_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    fake(tmp_path, "scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    fake(tmp_path, "sacct", 'case "$*" in *--completion*) echo "4|TIMEOUT|c1";; *) exit 1;; esac')
    assert ask("4") == JobView("TIMEOUT", nodes="c1")


def test_times_are_asked_for_in_seconds_since_1970(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    fake(tmp_path, "scontrol", 'echo "JobState=RUNNING EndTime=$(date -u -d @7 +$SLURM_TIME_FORMAT)"')
    assert ask("4") == JobView("RUNNING", 7.0)


@pytest.mark.parametrize("script", [None, "exit 1", "sleep 60", "printf '\\377\\n'"], ids=str)
def test_where_slurm_does_not_answer_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(slurm, "ANSWER_SECONDS", 0.2)
    for name in ("scontrol", "sacct"):
        if script is not None:
            fake(tmp_path, name, f"exec {script}" if script.startswith("sleep") else script)
        else:
            monkeypatch.setenv("PATH", str(tmp_path))
    assert ask("4") is None
