import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.functions.notice import NOTICE_VARIABLE, TRAP, Notice
from support.cli import until


def test_sigterm_is_a_notice_while_it_is_listened_to_and_is_delivered_after_that() -> None:
    delivered = []
    before = signal.signal(signal.SIGTERM, lambda *_: delivered.append(True))
    try:
        with Notice({}).listening() as notice:
            assert not notice.given
            os.kill(os.getpid(), signal.SIGTERM)
            until(lambda: notice.given, "the notice")
            assert not delivered
        assert delivered == [True]
        with Notice({}).listening() as quiet:
            assert not quiet.given
        assert delivered == [True]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread_only_the_file_is_looked_at(tmp_path: Path) -> None:
    given: list[bool] = []
    path = tmp_path / "notice"

    def look() -> None:
        with Notice({NOTICE_VARIABLE: str(path)}).listening() as notice:
            given.append(notice.given)
            path.touch()
            given.append(notice.given)

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert (given, signal.getsignal(signal.SIGTERM)) == ([False, True], before)


def test_a_file_of_somebody_else_is_no_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notice").touch()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert not Notice({NOTICE_VARIABLE: str(tmp_path / "notice")}).given


RUN = f"""
import os, sys, threading
from armarius.functions.notice import Notice
print(os.environ["{NOTICE_VARIABLE}"], flush=True)
with Notice().listening() as notice:
    print("begun", flush=True)
    sys.stdin.readline()
    print("whole", notice.given, flush=True)
threading.Event().wait()  # the worker lives on, without a run
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A batch shell as Parsl's launchers make it: set -e, a worker in the background, and a wait for it."""
    script = f"""{TRAP}
set -e
CMD() {{
exec {sys.executable} -c '{RUN}' <&3
}}
trap 'echo swept' EXIT
exec 3<&0
CMD 1 &
echo $!
wait $!
echo never
"""
    shell = subprocess.Popen(
        ["bash", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "SLURM_JOB_ID": "7"},
    )
    assert shell.stdout is not None
    worker = int(shell.stdout.readline())
    with shell:
        try:
            yield shell
        finally:
            os.kill(worker, signal.SIGKILL)
            shell.kill()


def test_a_batch_shell_leaves_the_file_and_stays_until_the_run_has_ended(
    shell: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert shell.stdin is not None
    assert shell.stdout is not None
    path = Path(shell.stdout.readline().strip())
    assert (path.parent, path.name.startswith("armarius-7-")) == (tmp_path, True)
    assert shell.stdout.readline() == "begun\n"
    shell.terminate()
    until(path.exists, "the file")
    assert shell.poll() is None
    shell.stdin.write("\n")
    shell.stdin.flush()
    assert shell.stdout.readline() == "whole True\n"
    assert shell.stdout.readline() == "swept\n"
    assert shell.wait(30) == 143, "although the worker is still there"


def test_a_batch_shell_without_a_run_ends_at_once(shell: "subprocess.Popen[str]") -> None:
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write("\n")
    shell.stdin.flush()
    said = [shell.stdout.readline() for _ in range(3)]
    assert said[1:] == ["begun\n", "whole False\n"]
    until(lambda: not list(Path(said[0].strip()).parent.glob("*.run")), "the end of the run")
    shell.terminate()
    assert shell.stdout.readline() == "swept\n"
    assert shell.wait(30) == 143


def test_no_run_needs_the_file(tmp_path: Path) -> None:
    with Notice({NOTICE_VARIABLE: str(tmp_path / "gone" / "notice")}).listening() as notice:
        assert not notice.given
