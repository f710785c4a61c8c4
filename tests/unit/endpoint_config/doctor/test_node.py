import os
import subprocess
import sys
from pathlib import Path

import pytest

from armarius.endpoint_config.doctor.commands import run
from armarius.endpoint_config.doctor.node import MARK, NodeReport, look
from unit.endpoint_config.doctor.admitted import OWN


def test_a_node_tells_what_it_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = tmp_path / "nvidia-smi"
    listing.write_text("#!/bin/sh\necho 'GPU 0: A100 (UUID: GPU-1)'\necho '  MIG 1g.5gb (UUID: MIG-a)'\n")
    listing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "file").touch()
    folders = [str(tmp_path / "root"), str(tmp_path / "scratch"), str(tmp_path / "file" / "below")]
    report = look("/not/there", "abc", folders)
    assert (report.kraken, report.armarius) == ("", OWN)
    assert "/not/there" in report.trouble
    assert report.gpus == ("GPU 0: A100 (UUID: GPU-1)", "MIG 1g.5gb (UUID: MIG-a)")
    assert report.unwritable.keys() == {folders[2]}
    assert [path.name for path in (tmp_path / "root").iterdir()] == [f"{MARK}-abc"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_it_is_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "armarius.endpoint_config.doctor.node", "/not/there", "abc", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert NodeReport.model_validate_json(done.stdout).host == os.uname().nodename


def test_commands_end_in_time() -> None:
    assert run(["sleep", "60"], 0.1).code == 124
    assert run(["/not/there"]).code == 127
    assert run(["sh", "-c", "echo a; echo b >&2; exit 3"]).last_words == "b"
