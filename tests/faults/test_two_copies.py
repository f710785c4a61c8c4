"""Two real processes compute one run, in one directory, and no lock keeps them apart."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.cli import until
from support.engine_process import REPOSITORY
from unit.functions.registered.fake_engine import fake_site, spec, starts

SCRIPT = Path(__file__).parent / "compute_elsewhere.py"

ENGINE = """
import threading
from armarius.functions.contracts import Progress
from armarius.functions.errors import Superseded
from armarius.functions.handover import SUPERSEDED
pulse = threading.Event()
step = max((line.step for line in run.read_progress()[0]), default=0)
try:
    while not (run.path / "go").exists():
        if (run.path / "hold").exists():
            (run.path / "held").touch()
            pulse.wait(0.02)
            continue
        step += 1
        run.append_progress(Progress(at=step, phase="training", step=step, message=str(os.getpid())))
        run.checkpoints.mkdir(exist_ok=True)
        (run.checkpoints / f"new-{os.getpid()}").write_text(f"{step} by {os.getpid()}")
        run.record_checkpoint(run.checkpoints / f"new-{os.getpid()}", 0, step)
        pulse.wait(0.02)
    end(outcome="finished", message=str(os.getpid()))
except Superseded:
    sys.exit(SUPERSEDED)
"""


@contextmanager
def computed(site: Site, machine: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, str(SCRIPT), str(site.root), str(site.kraken_python), "job1-1", machine]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tests")}
    )
    try:
        yield process
    finally:
        for member in [process, *psutil.Process(process.pid).children()] if process.poll() is None else []:
            member.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def writers(run: RunDir) -> list[int]:
    """Who wrote the lines of progress, in order."""
    return [int(line.message) for line in run.read_progress(0, 100_000)[0]]


def test_of_two_copies_only_the_newer_writes(tmp_path: Path) -> None:
    site = fake_site(tmp_path, ENGINE)
    run = site.run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec())
    with computed(site, "one") as first:
        until(lambda: len(writers(run)) > 3, "the first copy to compute")
        (one,) = starts(site)
        with computed(site, "two") as busy:
            assert busy.communicate()[0] == "RunBusy\n", "while the first one's heart beats, it is left alone"
        (run.path / "hold").touch()
        until((run.path / "held").exists, "the first copy to be between two writes")
        cut_off = [psutil.Process(first.pid), psutil.Process(one)]
        for process in cut_off:
            process.send_signal(signal.SIGSTOP)
        (run.path / "hold").unlink()
        with computed(site, "two") as second:
            until(lambda: len(starts(site)) == 2 and starts(site)[1] in writers(run), "the second copy to compute")
            two = starts(site)[1]
            for process in reversed(cut_off):
                process.send_signal(signal.SIGCONT)
            assert first.communicate()[0] == "Superseded\n"
            beyond = writers(run).count(two)
            until(lambda: writers(run).count(two) > beyond, "the second copy to go on")
            (run.path / "go").touch()
            assert second.communicate()[0] == "finished\n"
    report = run.report()
    newest = run.newest_checkpoint()
    assert report.message == str(two)
    assert newest is not None
    assert run.verified(newest).read_text() == f"{newest.step} by {two}"
    assert writers(run) == sorted(writers(run), key=lambda pid: pid == two), "none of the first after the second"
    assert not list(run.checkpoints.glob("new-*"))
