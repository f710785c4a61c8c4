import math
import struct
from pathlib import Path

import pytest

from armarius.functions.contracts import Outcome, Reason
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import perform
from support.synthetic_dataset import draw_pages, stage, stage_file

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken


def test_a_model_of_another_kind(site: Site, make_spec: MakeSpec, kraken_package: Path) -> None:
    segmenter = stage_file(site, kraken_package / "blla.mlmodel")
    end = perform(site, make_spec("segmenter", model=segmenter))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_MODEL), end.message
    assert "blla.mlmodel" in end.message


def test_a_corrupt_model(site: Site, make_spec: MakeSpec, trained: tuple[RunDir, EngineEnd], tmp_path: Path) -> None:
    run, end = trained
    whole = (run.path / end.models[0].path).read_bytes()
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(whole[: len(whole) // 2])
    end = perform(site, make_spec("torn", model=stage_file(site, torn)))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_MODEL), end.message


def test_a_model_whose_weights_are_no_numbers(
    site: Site, make_spec: MakeSpec, trained: tuple[RunDir, EngineEnd], tmp_path: Path
) -> None:
    run, end = trained
    best = next(run.path / model.path for model in end.models if model.format == "safetensors")
    lost = tmp_path / "lost.safetensors"
    lost.write_bytes(with_nan(best.read_bytes()))
    end = perform(site, make_spec("lost", model=stage_file(site, lost)))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_MODEL), end.message
    assert "lost.safetensors has weights that are no numbers" in end.message


def with_nan(safetensors: bytes) -> bytes:
    """Writes over the last weight, a little-endian single, of a file: its length, its header as JSON, its tensors."""
    return safetensors[:-4] + struct.pack("<f", math.nan)


def test_a_training_that_diverges_ends_early(site: Site, make_spec: MakeSpec) -> None:
    end = perform(site, make_spec("diverging", lrate=1e30, quit="fixed", epochs=9))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.NO_IMPROVEMENT), end.message
    assert len(end.epochs) < 9
    assert end.epochs[-1].left_out
    assert "learning rate" in end.message


def test_a_network_that_is_none(site: Site, make_spec: MakeSpec) -> None:
    end = perform(site, make_spec("nonsense", spec="[1,32,0,1 Qx9 Lbx16]"))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_PARAMETERS), end.message
    assert "Qx9" in end.message


def test_an_image_that_was_not_staged(site: Site, make_spec: MakeSpec) -> None:
    drawn = draw_pages(train=2, validation=2, test=0)
    dataset = stage(site, drawn)
    site.blob(drawn[1].page.image.sha256).unlink()
    end = perform(site, make_spec("gap", dataset=dataset))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.MISSING_DATA), end.message
    assert "page-validation" in end.message
    assert not list(site.compiled("x").parent.glob(".*"))
