"""Runs a command as a person does: it is refused or accepted, and never ends in a traceback."""

import json
import os
import subprocess
from pathlib import Path

from support.cli import PATIENCE, Home


def armarius(home: Home, *arguments: "str | Path", codes: tuple[int, ...]) -> tuple[str, str]:
    """Runs a command, and returns what it prints to standard output and to standard error."""
    command = home.command(*(os.fspath(argument) for argument in arguments))
    done = subprocess.run(
        command, env=home.environment, capture_output=True, text=True, errors="surrogateescape", timeout=PATIENCE
    )
    assert done.returncode in codes, f"ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr + done.stdout
    assert "Error:" not in done.stderr, "the name of an exception is no message"
    return done.stdout, done.stderr


def refused(home: Home, *arguments: "str | Path", codes: tuple[int, ...] = (2,)) -> str:
    """Runs a command that must be refused, and returns what it says."""
    out, err = armarius(home, *arguments, codes=codes)
    assert out == ""
    assert "error: " in err
    return err


def accepted(home: Home, *arguments: "str | Path") -> tuple[dict[str, object], str]:
    """Runs a command that writes a job down, and returns that job and what was said besides."""
    out, err = armarius(home, *arguments, "--detach", "--json", codes=(0,))
    job = json.loads(out)
    assert job["state"] == "packed"
    return job, err
