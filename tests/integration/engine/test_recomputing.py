"""A step whose gradients are no numbers costs a training nothing but that step."""

import math
from pathlib import Path
from typing import Any

import pytest

from armarius.functions.site import Site
from support.engine_process import run_script

pytestmark = pytest.mark.kraken

CASES = Path(__file__).parent / "recomputing_cases.py"
BROKEN = 3


@pytest.fixture(scope="module")
def found(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return dict(run_script(site, CASES, str(tmp_path_factory.mktemp("lightning"))))


@pytest.mark.parametrize("when", ["never", "in 16 bits", "always"])
def test_weights_stay_numbers_and_random_numbers_the_same(found: dict[str, Any], when: str) -> None:
    assert all(math.isfinite(weight) for weights in found[when]["weights"] for weight in weights)
    assert found[when]["drawn"] == found["never"]["drawn"]
    assert found[when]["weights"][:BROKEN] == found["never"]["weights"][:BROKEN]


def test_such_steps_are_counted(found: dict[str, Any]) -> None:
    counted = [tuple(found[when]["counted"].values()) for when in ("never", "in 16 bits", "always")]
    assert counted == [(0, 0), (1, 0), (0, 1)]


def test_the_step_is_computed_again_in_32_bits(found: dict[str, Any]) -> None:
    ours, undisturbed = (found[when]["weights"] for when in ("in 16 bits", "never"))
    assert ours[BROKEN] != ours[BROKEN - 1]
    assert ours[BROKEN] != undisturbed[BROKEN], "with other lines dropped, and in 32 bits"
    assert ours[-1] != ours[BROKEN]


def test_where_that_does_not_help_either_weights_stay_for_a_step(found: dict[str, Any]) -> None:
    weights = found["always"]["weights"]
    assert weights[BROKEN] == weights[BROKEN - 1]
    assert weights[BROKEN + 1] != weights[BROKEN]
