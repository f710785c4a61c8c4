"""Trainings that the real command line brings to their end."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from armarius.functions.contracts import Manifest, Split
from support.cli import Home
from support.engine_process import find_kraken_python

LONGEST = 540.0
"""Seconds for a training on a machine that has other things to do; about two minutes where it has not."""


@dataclass(frozen=True)
class Trained:
    """A training that is done, as the command line told it."""

    home: Home
    pages: Path
    output: Path
    said: dict[str, Any]

    @property
    def report(self) -> dict[str, Any]:
        """The report of the run that finished it."""
        report: dict[str, Any] = self.said["runs"][-1]["report"]
        return report

    @property
    def metrics(self) -> dict[str, Any]:
        metrics: dict[str, Any] = self.report["metrics"]
        return metrics

    @property
    def model(self) -> Path:
        return self.output / "model.safetensors"

    def held_out(self) -> Path:
        """Returns the transcription of the page that the training never saw."""
        packed = (path.read_bytes() for path in self.home.path.glob("*/*/manifest.json"))
        (content,) = (each for each in packed if hashlib.sha256(each).hexdigest() == self.said["dataset"])
        (page,) = Manifest.model_validate_json(content).in_split(Split.TEST)
        return self.pages / f"{page.name}.xml"


Train = Callable[..., Trained]


def trainer(factory: pytest.TempPathFactory, command: str = "train") -> Train:
    """Returns a maker of trainings that are done, or skips the test where there is no kraken."""
    python = find_kraken_python()
    if python is None:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")

    def run(pages: Path, *options: str) -> Trained:
        folder = factory.mktemp("job")
        home, output = Home(folder / "home", python), folder / "results"
        arguments = ("-o", str(output), "--name", "model", "--held-out", "1", "--json", *options)
        with home.started(command, str(pages), *arguments) as process:
            told = process.communicate(timeout=LONGEST)[0]
        assert process.returncode == 0, told
        said = json.loads(told.splitlines()[-1])
        assert said["state"] == "done"
        return Trained(home, pages, output, said)

    return run
