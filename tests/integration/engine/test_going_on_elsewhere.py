"""A training of one site goes on at another, which takes nothing from its checkpoint but tensors and plain values."""

import hashlib
import io
import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.functions.contracts import CheckpointRef, Limits, Outcome, Reason, RunSpec
from armarius.functions.files import write_bytes
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.signing import KEY_VARIABLE, genuine
from armarius.functions.site import Site
from support.engine_process import engine, perform, progress, same_training, tensors
from support.synthetic_dataset import draw_layouts, draw_pages, stage

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken

OFTEN = Limits(checkpoint_every=0)


@pytest.fixture
def elsewhere(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Another site, with another key."""
    other = Site(tmp_path / "elsewhere", site.kraken_python)
    stage(other, draw_pages(train=40, validation=6, test=6))
    stage(other, draw_layouts())
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "elsewhere.key"))
    yield other


def paused(site: Site, spec: RunSpec) -> CheckpointRef:
    """Trains for some steps."""
    with engine(site, spec) as running:
        running.wait_until(lambda run: run.checkpoint_path(5).with_suffix(".json").exists())
        running.pause()
        end = running.wait()
    assert (end.outcome, end.reason) == (Outcome.PAUSED, Reason.ASKED), end.message
    assert end.checkpoint is not None
    return end.checkpoint


def carry(site: Site, reference: CheckpointRef, elsewhere: Site) -> None:
    """Brings a checkpoint where staging would."""
    content = site.run(reference.run_id).checkpoint_path(reference.step).read_bytes()
    write_bytes(elsewhere.blob(reference.sha256), content)


def test_it_comes_to_the_same_to_the_bit_and_is_signed_there(
    site: Site,
    make_spec: MakeSpec,
    straight: tuple[RunDir, EngineEnd],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    reference = paused(site, make_spec("wanderer-1", limits=OFTEN))
    elsewhere: Site = request.getfixturevalue("elsewhere")
    carry(site, reference, elsewhere)
    end = perform(elsewhere, make_spec("wanderer-2", resume_from=reference))
    run = elsewhere.run("wanderer-2")
    assert end.outcome is Outcome.FINISHED, end.message
    assert min(line.step for line in progress(run) if line.step) >= reference.step
    assert same_training(end, straight[1])
    assert tensors(run) == tensors(straight[0])
    records = [path.read_bytes() for path in run.checkpoints.glob("*.json")]
    assert records and all(genuine(record) for record in records)


def test_a_segmentation_wanders_too(site: Site, make_layout_spec: MakeSpec, request: pytest.FixtureRequest) -> None:
    reference = paused(site, make_layout_spec("walker-1", limits=OFTEN))
    elsewhere: Site = request.getfixturevalue("elsewhere")
    carry(site, reference, elsewhere)
    end = perform(elsewhere, make_layout_spec("walker-2", resume_from=reference))
    assert end.outcome is Outcome.FINISHED, end.message
    assert [epoch.number for epoch in end.epochs] == [1, 2, 3]
    assert min(line.step for line in progress(elsewhere.run("walker-2")) if line.step) >= reference.step


class _Bomb:
    """What leaves a trace when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def _zipped(pickled: bytes) -> bytes:
    """Returns it as torch writes files today."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in (("data.pkl", pickled), ("version", b"3\n"), ("byteorder", b"little")):
            archive.writestr(f"archive/{name}", content)
    return stream.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_that_comes_from_elsewhere_is_run(elsewhere: Site, make_spec: MakeSpec, zipped: bool) -> None:
    traces = elsewhere.root / "read"
    content = pickle.dumps({"global_step": 9, "callbacks": _Bomb(str(traces))}, protocol=2)
    content = _zipped(content) if zipped else content
    planted = CheckpointRef(
        run_id="foreign-1", sha256=hashlib.sha256(content).hexdigest(), size=len(content), epoch=1, step=9
    )
    write_bytes(elsewhere.blob(planted.sha256), content)
    end = perform(elsewhere, make_spec("foreign-2", resume_from=planted))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_CHECKPOINT)
    assert "another site" in end.message
    assert not traces.exists()
