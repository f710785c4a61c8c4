"""The notebook runs from top to bottom with the real kraken, and is kept small."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.documents import REPOSITORY
from support.pages import kraken_python

NOTEBOOK = REPOSITORY / "docs" / "notebook.ipynb"
MOST_BYTES = 150_000


@pytest.mark.kraken
def test_it_runs_from_top_to_bottom(tmp_path: Path) -> None:
    written = tmp_path / "executed.ipynb"
    ours = {"PYTHONPATH": str(REPOSITORY / "tests"), "ARMARIUS_KRAKEN_PYTHON": str(kraken_python())}
    command = [sys.executable, "-m", "support.notebook", str(NOTEBOOK), str(written)]
    done = subprocess.run(command, env={**os.environ, **ours}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = text_of(json.loads(written.read_text()))
    comparison = re.search(r"CER ([\d.]+) % and ([\d.]+) % on 20 lines", said)
    assert comparison, said
    plain, normalised = map(float, comparison.groups())
    assert normalised < plain, "a network of this size learns next to nothing without normalisation"
    assert len(re.findall(r"page \d: 20 lines", said)) == said.count("mean confidence") == 2


def test_what_is_kept_of_it_is_small_and_nobodys() -> None:
    assert NOTEBOOK.stat().st_size < MOST_BYTES
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|tmp|work)/", text), "a path of the machine on which it was run"
    notebook = json.loads(text)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), "run it whole: make notebook"
    assert "error" not in {output["output_type"] for cell in cells for output in cell["outputs"]}


def text_of(notebook: dict[str, list[dict[str, list[dict[str, list[str]]]]]]) -> str:
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return "".join("".join(output.get("text", [])) for output in outputs)
