import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from armarius.functions.contracts import Phase, Progress, RunSpec, RunState, Task
from armarius.functions.errors import DamagedFile, NotRegular, RunBusy
from armarius.functions.runcheckpoints import KEPT_CHECKPOINTS
from armarius.functions.rundir import RunDir

SPEC = RunSpec(run_id="a-1", task=Task.CALIBRATE, dataset="0" * 64)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path / "runs", "a-1")


def write_checkpoint(run: RunDir, step: int) -> None:
    written = run.checkpoints / "new"
    run.checkpoints.mkdir(parents=True, exist_ok=True)
    written.write_bytes(b"weights at %d" % step)
    run.record_checkpoint(written, epoch=step // 10, step=step)


@given(st.text(max_size=80))
def test_no_run_id_leaves_the_directory_of_runs(run_id: str) -> None:
    runs = Path("/site/runs")
    try:
        run = RunDir(runs, run_id)
    except ValidationError:
        return
    assert run.path.parent == runs
    assert run.path.name == run_id


@pytest.mark.parametrize("run_id", ["..", ".", "", "a/b", "a\\b", "A", "a\n", "-a", "a-", "a" * 65, "a\x00"])
def test_refuses_what_is_no_run_id(run_id: str) -> None:
    with pytest.raises(ValidationError):
        RunDir(Path("/site/runs"), run_id)


def test_a_spec_is_written_once(run: RunDir) -> None:
    run.write_spec(SPEC)
    run.write_spec(SPEC.model_copy(update={"dataset": "1" * 64}))
    assert run.spec() == SPEC


def test_a_second_owner_is_refused_and_told_who_the_first_is(run: RunDir) -> None:
    run.acquire()
    with pytest.raises(RunBusy, match="process") as caught:
        run.acquire()
    assert caught.value.transient


def hold_and_die(run: RunDir, held: "multiprocessing.synchronize.Event") -> None:
    run.acquire()
    run.beat()
    held.set()


def test_the_lock_of_a_dead_process_is_free_and_its_run_lost(run: RunDir) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    owner = context.Process(target=hold_and_die, args=(run, held))
    owner.start()
    owner.join(60)
    assert held.is_set()
    assert run.state() is RunState.LOST
    run.acquire()
    assert run.state() is RunState.RUNNING


def test_states_from_unknown_to_running(run: RunDir) -> None:
    assert run.state() is RunState.UNKNOWN
    assert run.heartbeat_age() is None
    run.acquire()
    assert run.state() is RunState.RUNNING
    run.beat()
    assert run.heartbeat_age() is not None


def test_progress_is_read_from_where_one_stopped(run: RunDir) -> None:
    run.path.mkdir(parents=True)
    for step in range(3):
        run.append_progress(Progress(at=step, phase=Phase.TRAINING, step=step))
    first, position = run.read_progress(0, at_most=2)
    rest, end = run.read_progress(position)
    assert [line.step for line in first + rest] == [0, 1, 2]
    assert run.read_progress(end) == ((), end)


def test_from_the_middle_of_a_line_the_next_is_read(run: RunDir) -> None:
    run.path.mkdir(parents=True)
    for step in range(2):
        run.append_progress(Progress(at=step, phase=Phase.TRAINING, step=step, message="Zeile ſ"))
    content = run.progress_path.read_bytes()
    second = content.index(b"\n") + 1
    for position in range(1, len(content)):
        lines, end = run.read_progress(position)
        assert [line.step for line in lines] == ([1] if position <= second else [])
        assert end == len(content)


@pytest.mark.parametrize("position", [10_000, 2**62])
def test_after_the_end_there_is_nothing(run: RunDir, position: int) -> None:
    run.path.mkdir(parents=True)
    run.append_progress(Progress(at=0, phase=Phase.TRAINING))
    assert run.read_progress(position) == ((), position)


def test_half_a_line_is_neither_read_nor_kept(run: RunDir) -> None:
    run.path.mkdir(parents=True)
    run.append_progress(Progress(at=0, phase=Phase.TRAINING, step=7))
    with run.progress_path.open("ab") as stream:
        stream.write(b'{"at": 1, "pha')
    lines, _ = run.read_progress()
    assert [line.step for line in lines] == [7]
    run.mend_progress()
    run.append_progress(Progress(at=1, phase=Phase.TRAINING, step=8))
    assert [line.step for line in run.read_progress()[0]] == [7, 8]


def test_only_the_newest_checkpoints_are_kept(run: RunDir) -> None:
    for step in (10, 20, 30):
        write_checkpoint(run, step)
    assert [reference.step for reference in run.checkpoint_refs()] == [30, 20]
    assert len(list(run.checkpoints.glob("*.ckpt"))) == KEPT_CHECKPOINTS
    newest = run.newest_checkpoint()
    assert newest is not None
    assert run.verified(newest).read_bytes() == b"weights at 30"


def test_a_damaged_checkpoint_is_found_out(run: RunDir) -> None:
    write_checkpoint(run, 10)
    run.checkpoint_path(10).write_bytes(b"something else")
    newest = run.newest_checkpoint()
    assert newest is not None
    with pytest.raises(DamagedFile):
        run.verified(newest)


def test_release_keeps_what_a_late_delivery_needs(run: RunDir) -> None:
    run.write_spec(SPEC)
    write_checkpoint(run, 10)
    run.report_path.write_text("{}")
    run.progress_path.write_text("")
    run.release()
    assert sorted(path.name for path in run.path.iterdir()) == ["lock", "report.json", "spec.json"]


def test_a_released_run_without_a_report_will_not_begin_anew(run: RunDir) -> None:
    run.write_spec(SPEC)
    run.release()
    assert run.cancel_path.exists()


def test_a_record_that_was_cut_off_hides_no_other(run: RunDir) -> None:
    write_checkpoint(run, 10)
    write_checkpoint(run, 20)
    run.checkpoint_path(20).with_suffix(".json").write_text("")
    (run.checkpoints / ".000000030.abcd.json").write_text("")
    assert [reference.step for reference in run.checkpoint_refs()] == [10]


def test_a_run_in_the_middle_is_not_released(run: RunDir) -> None:
    run.acquire()
    with pytest.raises(RunBusy):
        run.release()


def test_a_link_in_the_place_of_a_run_is_refused_and_nothing_behind_it_deleted(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "precious" / "letters").mkdir(parents=True)
    run.runs.mkdir()
    run.path.symlink_to(tmp_path / "precious")
    with pytest.raises(NotRegular, match="is a link"):
        run.release()
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["letters"]


def test_a_link_in_the_place_of_the_lock_is_not_written_through(run: RunDir, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("letters")
    run.path.mkdir(parents=True)
    run.lock_path.symlink_to(precious)
    with pytest.raises(NotRegular):
        run.acquire()
    assert precious.read_text() == "letters"


def test_a_link_within_a_run_is_deleted_and_not_what_it_leads_to(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "precious" / "letters").mkdir(parents=True)
    run.write_spec(SPEC)
    run.models.symlink_to(tmp_path / "precious")
    run.release()
    assert not run.models.is_symlink()
    assert (tmp_path / "precious" / "letters").is_dir()
