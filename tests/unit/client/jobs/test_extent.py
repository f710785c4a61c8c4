"""A dataset is measured once, wherever it lies."""

from pathlib import Path

from armarius.client.jobs.extent import extent_of
from armarius.functions.contracts import RecognitionParameters, SegmentationParameters
from support.desk import Bench
from support.several import several


def dataset(made: Bench) -> tuple[Path, str]:
    made.create()
    request = made.journal.job("job1").request
    return request.dataset_dir, request.dataset


def test_what_bears_a_digest_never_changes_and_is_read_once(tmp_path: Path) -> None:
    with several(tmp_path, alpha={}) as made:
        folder, digest = dataset(made)
        first = extent_of(folder, digest, RecognitionParameters())
        assert first is not None
        assert first.pixels > 0
        assert extent_of(tmp_path / "nowhere", digest, RecognitionParameters()) is first


def test_each_kind_of_model_sees_other_pixels(tmp_path: Path) -> None:
    with several(tmp_path, alpha={}) as made:
        folder, digest = dataset(made)
        found = [extent_of(folder, digest, each) for each in (RecognitionParameters(), SegmentationParameters())]
        assert found[0] is not None
        assert found[1] is not None
        assert found[0].pixels != found[1].pixels


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert extent_of(tmp_path, "e" * 64, RecognitionParameters()) is None
