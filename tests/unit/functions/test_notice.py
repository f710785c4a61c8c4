import os
import signal
import subprocess
import sys
import threading
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


def test_a_batch_shell_leaves_the_file_and_stays_until_all_it_started_has_ended(tmp_path: Path) -> None:
    """As Parsl's launchers do: set -e, a command in the background, and a wait for it."""
    program = f'import os, sys; print(os.environ["{NOTICE_VARIABLE}"], flush=True); sys.stdin.read(); print("whole")'
    script = f"""{TRAP}
set -e
CMD() {{
{sys.executable} -c '{program}' <&3
}}
exec 3<&0
CMD 1 &
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
    path = Path(shell.stdout.readline().strip())
    assert (path.parent, path.name.startswith("armarius-7-")) == (tmp_path, True)
    shell.terminate()
    until(path.exists, "the file")
    assert shell.poll() is None
    said, _ = shell.communicate("")
    assert said == "whole\n"
