"""A site that lacks something."""

from pathlib import Path

from armarius.functions.contracts import (
    Outcome,
    Reason,
)
from armarius.functions.site import Site
from armarius.functions.supervisor import supervise
from unit.functions.registered.fake_engine import fake_site, spec, starts


def test_no_interpreter(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", tmp_path / "nowhere" / "python")
    report = supervise(site, spec())
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.ENGINE_MISSING)
    assert str(site.kraken_python) in report.message
    assert "ARMARIUS_KRAKEN_PYTHON" in report.message


def test_an_interpreter_without_kraken(tmp_path: Path) -> None:
    site = fake_site(tmp_path, environment={"kraken": "", "torch": "", "armarius": "0.1.0"})
    report = supervise(site, spec())
    assert (report.outcome, report.reason, starts(site)) == (Outcome.FAILED, Reason.ENGINE_MISSING, [])
    assert "lacks kraken" in report.message
