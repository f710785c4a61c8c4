from pathlib import Path
from typing import Any

import pytest

from armarius.functions.site import Site
from support.engine_process import run_script

pytestmark = pytest.mark.kraken


@pytest.fixture(scope="module")
def cases(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("compile")
    result: dict[str, Any] = run_script(site, Path(__file__).parent / "compile_cases.py", str(root))
    return result


def test_two_runs_that_compile_the_same_do_not_collide(cases: dict[str, Any]) -> None:
    assert cases["two_at_once"] == {"equal": True, "lines": [4, 0], "left": 0}


def test_what_the_file_system_purged_is_compiled_again(cases: dict[str, Any]) -> None:
    assert cases["a_file_vanished"] == {"lines": [4, 0], "there": True}


def test_lines_without_boundary_get_one(cases: dict[str, Any]) -> None:
    assert cases["no_boundaries"] == [4, 0]


def test_lines_are_left_out_or_counted_as_dropped(cases: dict[str, Any]) -> None:
    assert cases["untranscribed_and_degenerate"] == [1, 1]


def test_what_was_compiled_goes_as_a_whole_once_no_run_needs_it_and_is_made_again(cases: dict[str, Any]) -> None:
    assert cases["beyond_the_limit"] == {"used": True, "kept": True, "gone": True, "lines": [4, 0]}


@pytest.mark.parametrize(
    ("case", "reason", "page"),
    [
        ("an_image_of_another_size", "bad_data", "resized"),
        ("a_damaged_image", "missing_data", "damaged"),
        ("a_decompression_bomb", "bad_data", "bomb"),
        ("an_image_that_is_a_program", "bad_data", "program"),
    ],
)
def test_bad_images_are_named(cases: dict[str, Any], case: str, reason: str, page: str) -> None:
    assert cases[case][0] == reason
    assert repr(page) in cases[case][1]


def test_a_damaged_image_is_deleted_so_that_it_can_be_staged_again(cases: dict[str, Any]) -> None:
    assert cases["a_damaged_image"][2] is False
