"""Real processes make room on one site at once, and are killed outright."""

import os
import subprocess
import sys
from pathlib import Path

from armarius.functions.cache import make_room
from armarius.functions.site import Site
from support.engine_process import REPOSITORY
from unit.functions.cache.stores import Store, manifest_of

SCRIPT = Path(__file__).parent / "make_room_again.py"


def begun(root: Path, seed: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(root), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tests")},
    )


def test_processes_that_make_room_and_are_killed_take_nothing_that_a_run_needs(tmp_path: Path) -> None:
    store = Store(tmp_path / "root", 20_000)
    waits, begins = manifest_of(1, 2, 3), manifest_of(4, 5)
    store.site.run("waiting").hold(list(store.files(waits)))
    store.send(waits)
    _, lock = store.begin("running", store.send(begins))
    place = store.compile(begins.digest())
    processes = [begun(store.site.root, seed << 20) for seed in range(3)]
    try:
        for number, process in enumerate(processes):
            assert process.stdout is not None
            for _ in range(5 + 3 * number):
                assert process.stdout.readline() == "made\n"
            process.kill()
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    room = make_room(Site(store.site.root, cache=20_000))
    assert room is not None and room.size == store.size() <= 20_000
    os.close(lock)
    assert store.missing(waits) == store.missing(begins) == []
    assert {path.stat().st_size for path in place.glob("*.arrow")} == {300}
    assert list((store.site.root / "leaving").iterdir()) == []
