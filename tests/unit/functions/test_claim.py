import multiprocessing
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from armarius.functions import claim, rundir
from armarius.functions.claim import Claim, Claims, claimed, is_silent
from armarius.functions.contracts import Phase, Progress, RunState
from armarius.functions.errors import RunBusy, Superseded
from armarius.functions.rundir import RunDir

SLURM = {"SLURM_JOB_ID": "12", "SLURMD_NODENAME": "c1", "SLURM_RESTART_COUNT": "2"}


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path / "runs", "a-1")
    run.path.mkdir(parents=True)
    return run


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this is another machine."""
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(nodename="elsewhere"))


def line(step: int) -> Progress:
    return Progress(at=1, phase=Phase.TRAINING, step=step)


def test_a_claim_says_who_computes_and_in_which_job(run: RunDir) -> None:
    Claims(run.path).take("a-1", SLURM)
    current = run.current_claim()
    assert current is not None
    assert (current.number, current.process, current.host) == (1, os.getpid(), os.uname().nodename)
    assert (current.job, current.node, current.restarts) == ("12", "c1", 2)
    assert str(current) == f"process {os.getpid()} on c1, Slurm job 12"


def test_who_was_superseded_writes_nothing_any_more(run: RunDir) -> None:
    first = run.take_over()
    first.append_progress(line(1))
    second = run.take_over()
    written = first.checkpoints / "new"
    first.checkpoints.mkdir()
    written.write_bytes(b"weights")
    for write in (
        lambda: first.append_progress(line(2)),
        lambda: first.mend_progress(),
        lambda: first.record_checkpoint(written, 1, 2),
        lambda: first.require_claim(),
    ):
        with pytest.raises(Superseded, match="taken over"):
            write()
    assert not written.exists()
    assert first.newest_checkpoint() is None
    second.append_progress(line(3))
    assert [each.step for each in run.read_progress()[0]] == [1, 3]


def test_a_released_run_supersedes_whoever_computed_it(run: RunDir) -> None:
    first = run.take_over()
    run.release()
    with pytest.raises(Superseded):
        first.append_progress(line(1))


def take(
    folder: Path, start: "multiprocessing.synchronize.Barrier", taken: "multiprocessing.Queue[int | None]"
) -> None:
    start.wait()
    try:
        taken.put(Claims(folder).take("a-1").number)
    except RunBusy:
        taken.put(None)


def test_of_several_at_once_each_number_goes_to_one(run: RunDir) -> None:
    context = multiprocessing.get_context("fork")
    start, taken = context.Barrier(4), context.Queue()
    takers = [context.Process(target=take, args=(run.path, start, taken)) for _ in range(4)]
    for taker in takers:
        taker.start()
    numbers = [taken.get(timeout=60) for _ in takers]
    for taker in takers:
        taker.join(60)
    won = [number for number in numbers if number is not None]
    assert sorted(won) == list(range(1, len(won) + 1)), "no number twice"
    current = run.current_claim()
    assert current is not None
    assert current.number == max(won)
    assert [path.name for path in run.path.glob("*claim*")] == [f"claim.{max(won):06d}"]


def test_a_number_that_was_freed_meanwhile_is_not_taken(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its look and its claim, two others came: the first of them has freed the number again."""
    claims = Claims(run.path)
    link = os.link

    def slow(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        claims.take("a-1")
        claims.take("a-1")
        link(source, target)

    monkeypatch.setattr(os, "link", slow)
    with pytest.raises(RunBusy):
        claims.take("a-1")
    current = claims.current()
    assert current is not None
    assert current.number == 2


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_a_damaged_claim_counts_and_says_nothing(run: RunDir, content: bytes) -> None:
    Claims(run.path).path(3).write_bytes(content)
    assert run.current_claim() is None
    assert run.take_over().claim == 4


def test_an_engine_knows_its_claim_from_its_environment() -> None:
    assert [claimed(each) for each in ({"ARMARIUS_CLAIM": "7"}, {"ARMARIUS_CLAIM": "x"}, {})] == [7, None, None]


# Where locks end at the border of a machine --------------------------------------------------------------------------


def test_another_machines_run_is_taken_over_when_its_heart_stands_still(
    run: RunDir, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "QUIET_SECONDS", 0.1)
    first = run.take_over()
    run.beat()
    request.getfixturevalue("elsewhere")
    assert run.take_over().claim == 2
    with pytest.raises(Superseded):
        first.require_claim()


def test_another_machines_run_is_left_to_it_while_its_heart_beats(
    run: RunDir, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "LOOK_SECONDS", 0.01)
    run.take_over()
    over = threading.Event()

    def beat() -> None:
        moment = 0
        while not over.wait(0.01):
            moment += 1
            run.beat()
            os.utime(run.heartbeat_path, (moment, moment))

    heart = threading.Thread(target=beat)
    heart.start()
    request.getfixturevalue("elsewhere")
    try:
        with pytest.raises(RunBusy, match="process"):
            run.take_over()
    finally:
        over.set()
        heart.join()
    assert run.current_claim() is not None


def test_a_heart_that_never_beat_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "QUIET_SECONDS", 0.0)
    assert is_silent(tmp_path / "heartbeat")


def test_a_run_that_another_machine_computes_is_not_lost_where_its_lock_cannot_be_seen(
    run: RunDir, request: pytest.FixtureRequest
) -> None:
    run.take_over()
    run.beat()
    assert run.state() is RunState.LOST, "on this machine, locks can be trusted"
    request.getfixturevalue("elsewhere")
    assert run.state() is RunState.RUNNING
    with pytest.raises(RunBusy):
        run.release()
    os.utime(run.heartbeat_path, (1, 1))
    assert run.state() is RunState.LOST
    run.release()


def test_a_file_system_without_locks_will_do(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(rundir.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(rundir, "flock", refuse)
    os.close(run.acquire())
    assert not run.is_locked()


def test_claims_are_told_apart_by_their_process(run: RunDir) -> None:
    assert Claim.of(1, {}).job == ""
    assert "Slurm" not in str(Claim.of(1, {}))
