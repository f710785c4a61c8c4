import hashlib
import os
import pickle
import signal

import pytest

from armarius.functions.contracts import CheckpointRef, Limits, Outcome, Reason, Split
from armarius.functions.engine.control import ORPHANED
from armarius.functions.files import write_bytes
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import cut_at, engine, perform, progress, same_training, tensors
from support.synthetic_dataset import draw_page, draw_pages, stage, stage_file, texts

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken

SELDOM = Limits(checkpoint_every=3600)
DROPOUT = "[1,32,0,1 Cr3,3,8 Do0.2,2 Mp2,2 S1(1x0)1,3 Lbx16 Do]"

# 7 steps, the validation's start, its 6 lines and the epoch's end: the occasions of an epoch of 14 + 6 lines.
# The last step is none.
MID_EPOCH, VALIDATION_STARTS, IN_VALIDATION, EPOCH_ENDS = 3, 7, 9, 14


@pytest.fixture(scope="module")
def few_lines(site: Site) -> str:
    return stage(site, draw_pages(train=14, validation=6, test=6))


def test_a_training_cut_anywhere_goes_on_to_the_bit(site: Site, make_spec: MakeSpec, few_lines: str) -> None:
    hard = {"spec": DROPOUT, "augment": True, "schedule": "reduceonplateau", "warmup": 3}
    spec = make_spec("cut", dataset=few_lines, limits=SELDOM, **hard)
    occasions = (MID_EPOCH, VALIDATION_STARTS, IN_VALIDATION, EPOCH_ENDS, EPOCH_ENDS + MID_EPOCH)
    *cuts, _ = cut_at(site, spec, *occasions)
    assert cuts == [[0, 3], [0, 7], [0, 7], [1, 7], [1, 10]]


def test_a_fine_tuning_goes_on_to_the_bit(site: Site, make_spec: MakeSpec, trained: tuple[RunDir, EngineEnd]) -> None:
    run, end = trained
    mlmodel = next(model for model in end.models if model.format == "mlmodel")
    base = stage_file(site, run.path / mlmodel.path)
    other = [
        draw_page("more", Split.TRAIN, [*texts(9, 5), "ab c ba"]),
        draw_page("seen", Split.VALIDATION, texts(4, 6)),
    ]
    how = {"dataset": stage(site, other), "model": base, "batch_size": 1, "schedule": "cosine", "limits": SELDOM}
    cut, straight = cut_at(site, make_spec("tuned", **how), 4 + 5)  # the base model reads four lines first
    assert cut == [0, 5]
    assert straight["baseline"]["lines"] == 4
    assert straight["metrics"]["split"] == "validation"
    assert straight["epochs"][0]["accuracy"] > 0


def test_paused_killed_and_damaged_it_still_comes_to_the_same(
    site: Site, make_spec: MakeSpec, straight: tuple[RunDir, EngineEnd]
) -> None:
    spec = make_spec("battered", limits=Limits(checkpoint_every=0))
    run = site.run("battered")
    with engine(site, spec) as running:
        running.pause()
        end = running.wait()
    assert (end.outcome, end.reason) == (Outcome.PAUSED, Reason.ASKED), end.message
    assert end.checkpoint is not None
    assert end.checkpoint == run.newest_checkpoint()
    assert (end.checkpoint.epoch, end.checkpoint.step) == (0, 1)

    with engine(site, spec) as running:
        running.wait_until(lambda run: run.checkpoint_path(5).with_suffix(".json").exists())
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
    assert not run.engine_path.exists()
    newest = run.newest_checkpoint()
    assert newest is not None
    path = run.checkpoint_path(newest.step)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    end = perform(site, spec)
    assert end.outcome is Outcome.FINISHED, end.message
    assert "The one before it is taken" in run.log_path.read_text()
    assert same_training(end, straight[1])
    assert tensors(run) == tensors(straight[0])
    assert [line.epoch for line in progress(run) if line.ends_epoch][-1] == 3


def test_what_this_site_has_not_signed_is_not_resumed_and_the_training_begins_anew(
    site: Site, make_spec: MakeSpec
) -> None:
    """As of checkpoints from before there were signatures; and as of a forged one, which must never be read."""
    traces = site.root / "read"
    content = pickle.dumps(_Bomb(str(traces)))
    reference = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "epoch": 1, "step": 9}
    for run_id in ("forged", "anew"):  # of another run, and in the place of the run's own
        planted = CheckpointRef.model_validate({"run_id": run_id, **reference})
        path = site.run(run_id).checkpoint_path(9)
        write_bytes(path, content)
        write_bytes(path.with_suffix(".json"), planted.canonical_json())
    wanted = CheckpointRef.model_validate({"run_id": "forged", **reference})
    end = perform(site, make_spec("anew", epochs=1, resume_from=wanted))
    assert end.outcome is Outcome.FINISHED, end.message
    assert any("begins anew" in line.message for line in progress(site.run("anew")))
    assert not traces.exists()


class _Bomb:
    """What leaves a trace when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def test_the_engine_dies_with_its_supervisor(site: Site, make_spec: MakeSpec) -> None:
    with engine(site, make_spec("orphan")) as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(60) == ORPHANED
    assert not site.run("orphan").engine_path.exists()
