"""What ``ketos test`` says of a model, to compare our own count with."""

import re
import subprocess
from pathlib import Path

from armarius.functions.site import Site
from support.cli import PATIENCE
from support.engine_process import environment

HUNDREDTH = 0.006
"""How far a rate in percent may be off that ketos printed, with two decimals."""


def character_accuracy(site: Site, schema: str, model: Path, transcription: Path) -> float:
    """Returns the character accuracy in percent that ``ketos test`` prints for a page.

    The line is asked for whole: the next one tells the accuracy that takes no notice of capitals.
    """
    tested = subprocess.run(
        [site.kraken_python.parent / "ketos", "--device", "cpu", "test", "-f", schema, "-m", model, transcription],
        env=environment(site),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    printed = re.search(r"^(-?[\d.]+)%\s+Character Accuracy$", tested.stdout, re.MULTILINE)
    assert printed, tested.stdout + tested.stderr
    return float(printed[1])
