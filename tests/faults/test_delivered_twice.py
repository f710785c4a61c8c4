"""The same task, delivered twice: at once, and after the end."""

import json
import subprocess
import sys
from pathlib import Path

from armarius.functions.contracts import Limits, RecognitionParameters, RunSpec, Split, Task
from armarius.functions.site import Site
from support.cli import PATIENCE, Home
from support.synthetic_dataset import TINY_SPEC, draw_page, stage, texts

DELIVER = """
import json, sys
from armarius.functions.registered import call_batch
print(call_batch("calibrate", json.load(sys.stdin)))
"""


def deliver(site: Site, home: Home, spec: RunSpec) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", DELIVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**home.environment, **site.environment()},
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(spec.model_dump(mode="json")))
    process.stdin.close()
    process.stdin = None
    return process


def test_one_training(home: Home, tmp_path: Path) -> None:
    site = Site(tmp_path / "site", home.kraken_python)
    drawn = [draw_page(f"p{n}", split, texts(8, n)) for n, split in enumerate((Split.TRAIN, Split.VALIDATION))]
    spec = RunSpec(
        run_id="twice-1",
        task=Task.CALIBRATE,
        dataset=stage(site, drawn),
        parameters=RecognitionParameters(spec=TINY_SPEC, quit="fixed", epochs=3, lrate=0.01),
        limits=Limits(calibration=1),
    )
    both = [deliver(site, home, spec) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE) for process in both]
    states = sorted(out.strip() for out, _ in said)
    run = site.run("twice-1")
    assert states in (["ended", "running"], ["ended", "ended"]), said
    report = run.report_path.read_bytes()
    starts = sum(1 for line in run.read_progress()[0] if line.phase.value == "preparing")
    assert starts <= 1, "two engines began"
    before = run.report_path.stat().st_mtime_ns
    out, err = deliver(site, home, spec).communicate(timeout=PATIENCE)
    assert out.strip() == "ended", err
    assert (run.report_path.read_bytes(), run.report_path.stat().st_mtime_ns) == (report, before)
