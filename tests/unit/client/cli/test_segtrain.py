from pathlib import Path

import pytest

from armarius.client.pool import Pool
from armarius.functions.contracts import SegmentationParameters
from support.desk import Bench
from support.pages import L, write_pair

from .conftest import Armarius
from .test_evaluate import coreml


def asked(pool: Pool) -> SegmentationParameters:
    parameters = pool.jobs()[-1].status().request.parameters
    assert isinstance(parameters, SegmentationParameters)
    return parameters


def test_nothing_said_is_as_ketos_does_it(armarius: Armarius, pool: Pool) -> None:
    armarius("segtrain", "pages", "-o", "out", "--detach")
    assert asked(pool) == SegmentationParameters()


def test_options_become_the_request(armarius: Armarius, pool: Pool) -> None:
    armarius(
        "segtrain", "pages", "-o", "out", "--detach", "-N", "7", "-q", "early", "-s", "[1,600,0,3 Cr3,3,8]", "-tl",
        "--line-width", "4", "--bl-tol", "6", "--dice-weight", "0", "--suppress-regions", "-vb", "default", "-vb",
        "heading", "-mb", "default:heading", "-mb", "default:note", "-w", "0.5", "--sched-patience", "3",
    )  # fmt: skip
    assert asked(pool) == SegmentationParameters(
        epochs=7,
        quit="early",
        spec="[1,600,0,3 Cr3,3,8]",
        line_offset="topline",
        line_width=4,
        bl_tol=6,
        dice_weight=0,
        suppress_regions=True,
        valid_baselines=("default", "heading"),
        merge_baselines={"heading": "default", "note": "default"},
        weight_decay=0.5,
        rop_patience=3,
    )


def test_a_merger_needs_two_names(armarius: Armarius) -> None:
    result = armarius("segtrain", "pages", "-mr", "text", "-o", "out", code=2)
    assert "--merge-regions takes TARGET:SOURCE" in result.stderr


def test_the_model_that_kraken_brings_along_needs_no_file(armarius: Armarius, pool: Pool) -> None:
    armarius("segtrain", "pages", "--load", "blla", "-o", "out", "--detach")
    assert asked(pool).base == "blla"
    assert pool.jobs()[-1].status().request.model is None


def test_a_file_of_that_name_is_a_file(armarius: Armarius, made: Bench) -> None:
    (made.folder / "blla").write_bytes(coreml("segmentation"))
    assert "neither a .safetensors nor" in armarius("segtrain", "pages", "--load", "blla", "-o", "out", code=2).stderr


@pytest.mark.parametrize(("command", "kind"), [("segtrain", "recognition"), ("train", "segmentation")])
def test_a_base_model_of_the_other_kind_is_refused(armarius: Armarius, made: Bench, command: str, kind: str) -> None:
    (made.folder / "m.mlmodel").write_bytes(coreml(kind))
    said = armarius(command, "pages", "--load", "m.mlmodel", "-o", "out", code=2).stderr
    assert f"m.mlmodel is a model for {kind}, not for" in said
    assert not (made.folder / "out").exists()


def test_pages_without_a_letter_are_enough(armarius: Armarius, made: Bench) -> None:
    folder = made.folder / "untranscribed"
    for number in range(2):
        write_pair(folder, f"u{number}", 90 + number, (L(text=None),))
    assert (
        "2 pages, 2 lines (0 transcribed), 2 regions"
        in armarius("segtrain", str(folder), "-o", "out", "--detach").stderr
    )
    refused = armarius("train", str(folder), "-o", str(Path("other")), "--detach", code=2)
    assert "has no text in any of its 1 lines" in refused.stderr
