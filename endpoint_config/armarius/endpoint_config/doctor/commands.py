"""Running the machine's own commands, so that each ends in time and none needs a shell's quoting."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    Attributes:
        code: Its exit code; 127 where it is not there, 124 where it took too long.
        out: Its standard output.
        err: Its standard error, or why it did not run.
    """

    code: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """What it said at last, on one line."""
        lines = (self.err.strip() or self.out.strip()).splitlines()
        return lines[-1][:300] if lines else f"exit code {self.code}"


class Runner(Protocol):
    """Runs a command."""

    def __call__(self, command: Sequence[str], seconds: float = 60) -> Finished:
        """Runs it for at most some seconds. Never raises."""


def with_variables(variables: Mapping[str, str], command: Sequence[str]) -> list[str]:
    """Returns a command that sees these variables besides its own environment, also when a person repeats it."""
    settings = [f"{name}={value}" for name, value in sorted(variables.items())]
    return ["env", *settings, *command] if settings else list(command)


def run(command: Sequence[str], seconds: float = 60) -> Finished:
    """Runs a command on this machine."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds)
    except subprocess.TimeoutExpired:
        return Finished(124, "", f"{command[0]} did not end within {seconds:.0f} s")
    except OSError as error:
        return Finished(127, "", str(error))
    return Finished(done.returncode, done.stdout, done.stderr)
