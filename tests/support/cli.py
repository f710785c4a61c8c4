"""Runs ``armarius`` as a person does: a process, with a home of its own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from armarius.client.config import HOME_VARIABLE
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from armarius.functions.rundir import RunDir
from armarius.functions.site import KRAKEN_VARIABLE

PATIENCE = 300.0
ENGINE = "armarius.functions.engine"


@dataclass(frozen=True)
class Home:
    """A data directory, and commands that use it."""

    path: Path
    kraken_python: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {HOME_VARIABLE: str(self.path), KRAKEN_VARIABLE: str(self.kraken_python)}
        return {**os.environ, **own, "COLUMNS": "200"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "armarius.client.cli", *arguments]

    def run(self, *arguments: str, code: int = 0) -> str:
        """Runs a command to its end and returns what it prints to standard output."""
        done = subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def show(self, job_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self.run("show", job_id, "--json"))
        return shown

    def state(self, job_id: str) -> JobState:
        """Reads the journal; quicker than a command."""
        journal = Journal(f"sqlite:///{self.path / 'journal.sqlite'}")
        try:
            return journal.job(job_id).state
        finally:
            journal.close()

    def progress(self, job_id: str) -> int:
        """Reads in the journal how many steps a job has done."""
        journal = Journal(f"sqlite:///{self.path / 'journal.sqlite'}")
        try:
            run = journal.job(job_id).run
            return run.step if run else 0
        finally:
            journal.close()

    def ask_to_cancel(self, job_id: str) -> None:
        """Writes into the journal what the Cancel button does, and ``armarius cancel``, once it has started."""
        journal = Journal(f"sqlite:///{self.path / 'journal.sqlite'}")
        try:
            journal.ask_to_cancel(job_id, time.time())
        finally:
            journal.close()

    def rundir(self, run_id: str) -> RunDir:
        return RunDir(self.path / "site" / "runs", run_id)

    @contextmanager
    def started(self, *arguments: str, output: Path | None = None) -> Iterator["subprocess.Popen[str]"]:
        """A command in the background; whatever happens, it and all it started are ended.

        What it says can be read from it, or from the file ``output`` while it runs.
        """
        with output.open("w") if output else nullcontext(subprocess.PIPE) as told:
            process = subprocess.Popen(
                self.command(*arguments),
                env=self.environment,
                stdout=told,
                stderr=subprocess.STDOUT,
                text=True,
            )
        try:
            yield process
        finally:
            family = descendants(process.pid)
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
            for member in family:
                end(member)


def descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def end(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def engine_of(run_id: str) -> psutil.Process | None:
    """Finds the engine that computes a run."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if ENGINE in words and words[-1] == run_id:
            return process
    return None


def until(
    condition: Callable[[], Any],
    what: str,
    process: "subprocess.Popen[str] | None" = None,
    patience: float = PATIENCE,
) -> Any:
    """Looks until a condition holds and returns its value; says what did not come about."""
    deadline = time.monotonic() + patience
    pulse = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in time: {what}\n{_told_by(process)}"
        if process is not None and process.poll() is not None:
            raise AssertionError(f"ended before: {what}\n{process.communicate()[0]}")
        pulse.wait(0.05)
    return value


def _told_by(process: "subprocess.Popen[str] | None") -> str:
    """Ends a process that did not bring about what was waited for, and returns what it had said."""
    if process is None:
        return ""
    process.kill()
    return process.communicate()[0] or ""
