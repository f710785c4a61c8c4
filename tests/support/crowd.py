"""Many trainings of the stand-in at once, on a site in memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from armarius.client.escriptorium.record import Asked
from armarius.client.testing.timed import Course
from support.busy_driver import COUNTS, COURSE
from support.cli import PATIENCE
from support.escriptorium_server import STANDIN, Standin

CHOSEN = {"DRIVE": False, "CALIBRATION": 0}
"""The settings of an instance whose driving process is started apart."""


@contextmanager
def driving(
    there: Standin, course: Course, pace: float, *, globus: bool = False
) -> Iterator["subprocess.Popen[bytes]"]:
    """Starts the process that drives trainings; it leaves with the block, and then :func:`counts` can be read.

    Args:
        there: The instance.
        course: How trainings go on the site.
        pace: Seconds between two looks at it.
        globus: Whether it may be asked only as often as Globus Compute lets itself be.
    """
    environment = {
        **there.environment,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), str(STANDIN)]),
        COURSE: json.dumps({"course": asdict(course), "pace": pace, "globus": globus}),
        COUNTS: str(there.folder / "counts"),
    }
    with (there.folder / "driver.log").open("ab") as log:
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "support.busy_driver"]
        process = subprocess.Popen(command, env=environment, cwd=there.folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def counts(there: Standin) -> dict[str, list[float]]:
    """Returns the moments of all questions to the site, by what was asked, and of all queries to databases."""
    told = json.loads((there.folder / "counts").read_text())
    found: dict[str, list[float]] = {}
    for at, what in told["asked"]:
        found.setdefault(what, []).append(at)
    found["query"] = [float(second) for second, number in told["queries"].items() for _ in range(number)]
    return found


class Crowd:
    """Trainings of as many models on the pages of one document."""

    def __init__(self, there: Standin, number: int) -> None:
        self.there = there
        self.user = there.do("user", name="guigo")
        self.document = there.document(self.user)
        owned = {"owner": self.user, "document": self.document["document"]}
        self.models: list[int] = [there.do("model", **owned) for _ in range(number)]
        self.tasks: dict[int, str] = {}
        self.pressed: dict[int, float] = {}
        self._told: list[tuple[str, int, float]] = []
        self._position = 0

    def press_all(self) -> None:
        """Asks for all of them, one after the other."""
        asked = {"part_pks": self.document["parts"], "transcription_pk": self.document["transcription"]}
        for model in self.models:
            self.pressed[model] = time.time()
            self.tasks[model] = self.there.do("press", task="train", model_pk=model, user_pk=self.user, **asked)

    def heard(self, name: str) -> dict[int, float]:
        """Returns when each model's page heard of something first."""
        found: dict[int, float] = {}
        for told, model, at in self._read():
            if told == name:
                found.setdefault(model, at)
        return found

    def until_heard(self, name: str) -> None:
        """Waits until all pages have heard of something. The more there are, the longer that may take."""
        patience = PATIENCE + 5 * len(self.models)
        self.there.until(
            lambda: len(self.heard(name)) == len(self.models), f"{name} on {len(self.models)} pages", patience
        )

    def _read(self) -> list[tuple[str, int, float]]:
        """Reads what is new of the trainings' events, and returns all: there are too many to read them twice."""
        file = self.there.folder / "events"
        if file.exists():
            with file.open() as stream:
                stream.seek(self._position)
                while (line := stream.readline()).endswith("\n"):
                    self._position = stream.tell()
                    event = json.loads(line)
                    if event.get("name", "").startswith("training:"):
                        self._told.append((event["name"], event["data"]["id"], event["at"]))
        return self._told

    def until_closed(self) -> None:
        """Waits until the pool has nothing left to do for any of them."""
        for task in self.tasks.values():
            self.there.until_closed(Asked("train", task, {}).id)
