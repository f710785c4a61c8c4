"""What lies between the memory that steps give back."""

import subprocess
from pathlib import Path

import pytest

from armarius.functions.site import Site
from support.engine_process import environment

pytestmark = pytest.mark.kraken

SCRIPT = Path(__file__).parent / "forgotten_primitives.py"


@pytest.mark.parametrize(("how", "found_again"), [("keep", True), ("forget", False)])
def test_ways_to_compute_are_forgotten_where_that_was_asked(site: Site, how: str, found_again: bool) -> None:
    done = subprocess.run(
        [site.kraken_python, SCRIPT, how], env=environment(site), capture_output=True, text=True, check=True
    )
    assert "cache_miss" in done.stdout
    assert ("cache_hit" in done.stdout) is found_again
