"""The real Globus, a real cluster: run by a person who has both, skipped everywhere else. See docs/operate.md.

``ARMARIUS_LIVE_SITE=NAME make live`` uses that person's own pool configuration and credentials.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from armarius.client.demo_pages import write_demo_pages

SITE_VARIABLE = "ARMARIUS_LIVE_SITE"
QUEUE_SECONDS = 3600

SITE = os.environ.get(SITE_VARIABLE)
pytestmark = [
    pytest.mark.skipif(not SITE, reason=f"needs real credentials and a real site: set {SITE_VARIABLE}"),
    pytest.mark.timeout(2 * QUEUE_SECONDS),
]


def armarius(*arguments: str) -> str:
    command = [sys.executable, "-m", "armarius.client.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=QUEUE_SECONDS)
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_site_works_from_end_to_end() -> None:
    steps = json.loads(armarius("site", "check", str(SITE), "--patience", "1h", "--json"))
    assert [step["name"] for step in steps] == ["answers", "gets files", "gives files", "computes"]


def test_a_model_comes_home(tmp_path: Path) -> None:
    """A short training on synthetic pages: some minutes of the site's smallest shape, and its queue."""
    pages = tmp_path / "pages"
    write_demo_pages(pages)
    output = tmp_path / "model"
    armarius(
        "train", str(pages), "-o", str(output), "--site", str(SITE), "-q", "fixed", "-N", "2", "--calibration", "30"
    )
    assert {path.suffix for path in output.iterdir()} >= {".safetensors", ".mlmodel", ".html"}
