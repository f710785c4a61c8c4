"""What an engine takes, and what it leaves behind."""

from dataclasses import replace
from pathlib import Path

import pytest

from armarius.functions import supervisor
from armarius.functions.contracts import (
    Outcome,
    Reason,
)
from armarius.functions.files import write_bytes
from armarius.functions.neighbours import Neighbours
from armarius.functions.rundir import ROOM
from armarius.functions.supervisor import supervise
from support.cli import until
from unit.functions.registered.fake_engine import FINISHES, fake_site, is_dead, spec, starts

MIB = 2**20


@pytest.mark.parametrize(
    "eats",
    [
        "eaten = b'x' * (200 << 20)\nhang()",
        "subprocess.Popen([sys.executable, '-c', 'eaten = b\"x\" * (200 << 20); input()'])\nhang()",
    ],
    ids=["itself", "its child"],
)
def test_an_engine_that_takes_too_much_memory_is_ended(tmp_path: Path, eats: str) -> None:
    site = fake_site(tmp_path, eats)
    report = supervise(site, spec(memory=150 * MIB))
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.OUT_OF_MEMORY)
    assert "of the 0.1 GiB it was allowed" in report.message
    assert report.usage.memory is not None
    assert report.usage.memory > 150 * MIB
    assert [is_dead(pid) for pid in starts(site)] == [True]


@pytest.mark.parametrize("ending", [FINISHES, "sys.exit(1)", "run.cancel_path.touch()\nhang()"])
def test_what_the_engine_started_ends_with_it(tmp_path: Path, ending: str) -> None:
    leaves = """
left = subprocess.Popen(
    [sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"],
    stdout=subprocess.PIPE,
)
left.stdout.readline()
(run.path / "left").write_text(str(left.pid))
"""
    site = fake_site(tmp_path, leaves + ending)
    supervise(site, spec())
    left = int((site.run("job1-1").path / "left").read_text())
    until(lambda: is_dead(left), "the end of what the engine left behind")


def test_what_the_kernel_counts_of_the_job_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "job_memory", lambda: 4711)
    assert supervise(fake_site(tmp_path), spec()).usage.job_memory == 4711


def test_room_is_kept_for_the_words_of_the_end_and_given_back_to_them(tmp_path: Path) -> None:
    site = fake_site(tmp_path, f"assert run.room_path.stat().st_size == {ROOM}\n{FINISHES}")
    assert supervise(site, spec()).outcome is Outcome.FINISHED
    assert not site.run("job1-1").room_path.exists()


def test_the_site_is_within_its_limit_before_the_engine_begins_and_after_the_run(tmp_path: Path) -> None:
    looks = f"""
site = Site.from_environment()
assert site.cache == 0
assert site.blob("{"b" * 64}").exists() and not site.blob("{"a" * 64}").exists()
assert run.heartbeat_path.exists()
{FINISHES}
"""
    site = replace(fake_site(tmp_path, looks), cache=0)
    for digest in ("b" * 64, "a" * 64):
        write_bytes(site.blob(digest), b"some page")
    site.run("job1-1").hold(["b" * 64])
    report = supervise(site, spec())
    assert report.outcome is Outcome.FINISHED, site.run("job1-1").log_path.read_text()
    assert not site.blob("b" * 64).exists(), "it is needed no more"


def test_how_many_ran_beside_it_on_its_gpu_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = supervise(fake_site(tmp_path / "alone"), spec())
    assert alone.usage.neighbours is None
    assert b"neighbours" not in alone.canonical_json(), "a client of an older release reads it, too"
    monkeypatch.setenv("ARMARIUS_SHARING", "2")
    site = fake_site(tmp_path / "shared")
    other = Neighbours.of(site, "other")
    assert other is not None
    other.look()
    assert supervise(site, spec()).usage.neighbours == 1
    assert [path.name for path in (site.root / "sharing").rglob("*") if path.is_file()] == ["other"]
