import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from armarius.functions import child
from armarius.functions.child import EngineChild, tail
from armarius.functions.contracts import Limits
from armarius.functions.rundir import RunDir
from armarius.functions.site import KRAKEN_VARIABLE, ROOT_VARIABLE, Site
from support.cli import until
from unit.functions.registered.fake_engine import fake_site, is_dead

HANGS = "(run.path / 'ready').touch()\nhang()"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE_SECONDS", 0.2)


class Started:
    """A child of a fake site, and what belongs to it."""

    def __init__(self, folder: Path, behaviour: str, limits: Limits, trains: bool = False) -> None:
        self.site: Site = fake_site(folder, behaviour)
        self.run: RunDir = self.site.run("job1-1")
        self.lock = self.run.acquire()
        self.child = EngineChild(self.site, self.run, self.lock, limits, trains)

    def ready(self) -> None:
        until((self.run.path / "ready").exists, "the beginning of the engine")


Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A maker of children, which are ended with the test."""
    made: list[Started] = []

    def make(behaviour: str = HANGS, limits: Limits | None = None, trains: bool = False) -> Started:
        made.append(Started(tmp_path, behaviour, limits or Limits(), trains))
        return made[-1]

    yield make
    for one in made:
        one.child.close()
        os.close(one.lock)


def test_the_child_holds_the_lock_by_itself(tmp_path: Path) -> None:
    started = Started(tmp_path, HANGS, Limits())
    started.ready()
    os.close(started.lock)
    assert started.run.is_locked(), "nobody else may begin while the engine lives"
    started.child.close()
    assert not started.run.is_locked()


def test_it_sees_the_site_and_the_threads_but_not_slurm(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLURM_JOB_ID", "SBATCH_PARTITION"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setenv("KEPT", "yes")
    shows = "(run.path / 'seen').write_text(json.dumps([dict(os.environ), os.getcwd(), os.getsid(0)]))"
    started = start(shows, Limits(cpus=3))
    until(lambda: started.child.ended_within(1), "the end of the engine")
    assert started.child.returncode == 0, started.child.last_words()
    seen, folder, session = json.loads((started.run.path / "seen").read_text())
    assert {seen[f"{name}_NUM_THREADS"] for name in ("OMP", "MKL", "OPENBLAS")} == {"3"}
    assert (seen[ROOT_VARIABLE], seen[KRAKEN_VARIABLE]) == (str(started.site.root), str(started.site.kraken_python))
    assert seen["KEPT"] == "yes"
    assert not [name for name in seen if name.startswith(("SLURM_", "SBATCH_"))]
    assert folder == "/", "nobody can put a module where Python looks first"
    assert session == started.child.pid, "a session of its own, so that all of it can be ended"


@pytest.mark.parametrize(
    ("trains", "theirs", "seen"),
    [
        (False, None, None),
        (True, None, "glibc.malloc.tcache_count=0"),
        (True, "glibc.malloc.hugetlb=1", "glibc.malloc.hugetlb=1:glibc.malloc.tcache_count=0"),
    ],
)
def test_memory_is_arranged_for_a_training(
    start: Start, monkeypatch: pytest.MonkeyPatch, trains: bool, theirs: str | None, seen: str | None
) -> None:
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    if theirs:
        monkeypatch.setenv("GLIBC_TUNABLES", theirs)
    started = start("print(os.environ.get('GLIBC_TUNABLES'))", trains=trains)
    until(lambda: started.child.ended_within(1), "the end of the engine")
    assert started.child.last_words() == str(seen)


def test_it_is_told_to_pause(start: Start) -> None:
    started = start("print('heard', sys.stdin.readline().strip())")
    started.child.ask_to_pause()
    until(lambda: started.child.ended_within(1), "the end of the engine")
    assert started.child.last_words() == "heard pause"


def test_its_input_ends_when_nobody_holds_it(start: Start) -> None:
    started = start("assert sys.stdin.read() == ''\nprint('alone')")
    assert started.child._process.stdin is not None
    started.child._process.stdin.close()
    until(lambda: started.child.ended_within(1), "the end of the engine")
    assert started.child.last_words() == "alone"


def test_asking_the_dead_to_pause_is_no_error(start: Start) -> None:
    started = start("sys.exit(4)")
    until(lambda: started.child.ended_within(1), "the end of the engine")
    started.child.ask_to_pause()
    started.child.end()
    assert started.child.returncode == 4


def test_what_ignores_sigterm_is_killed(start: Start) -> None:
    started = start("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HANGS)
    started.ready()
    assert not started.child.ended_within(0)
    started.child.end()
    assert started.child.returncode == -9
    assert is_dead(started.child.pid)


def test_what_hears_sigterm_may_end_in_good_order(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE_SECONDS", 60.0)
    started = start("signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n" + HANGS)
    started.ready()
    started.child.end()
    assert started.child.returncode == 7


def test_the_log_goes_on_where_an_earlier_engine_left_it(start: Start, tmp_path: Path) -> None:
    log = fake_site(tmp_path).run("job1-1").log_path
    log.parent.mkdir(parents=True)
    log.write_text("the first engine\n")
    started = start("print('the second')")
    until(lambda: started.child.ended_within(1), "the end of the engine")
    assert log.read_text() == "the first engine\nthe second\n"


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    assert tail(log) == ""
    log.write_bytes(b"\xc3" * 5000 + "\nLigne coupée\n".encode())
    assert tail(log).endswith("\nLigne coupée")
    assert len(tail(log)) <= 2000
