"""Runs that are delivered twice."""

import os
from pathlib import Path

import pytest

from armarius.functions.contracts import (
    Outcome,
    Reason,
    RunState,
)
from armarius.functions.errors import RunBusy
from armarius.functions.frame import CPUS_VARIABLE, GPUS_VARIABLE, MEMORY_VARIABLE, WALLTIME_VARIABLE
from armarius.functions.supervisor import supervise
from unit.functions.registered.fake_engine import fake_site, spec, starts


def test_the_second_delivery_of_an_ended_run_touches_nothing(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    first = supervise(site, spec())
    path = site.run("job1-1").report_path
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert supervise(site, spec(cpus=7)) == first
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert len(starts(site)) == 1


def test_a_run_that_another_computes_is_left_to_it(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    lock = site.run("job1-1").acquire()
    try:
        with pytest.raises(RunBusy, match="job1-1"):
            supervise(site, spec())
    finally:
        os.close(lock)
    assert starts(site) == []
    assert supervise(site, spec()).outcome is Outcome.FINISHED


def test_a_run_whose_process_died_begins_again_as_it_was_asked_first(tmp_path: Path) -> None:
    site = fake_site(tmp_path)
    run = site.run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec(cpus=3))
    run.beat()
    assert run.state() is RunState.LOST
    assert supervise(site, spec(cpus=1)).outcome is Outcome.FINISHED
    assert run.spec().limits.cpus == 3


def test_a_run_stays_within_its_sites_frame_whatever_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {CPUS_VARIABLE: "2", GPUS_VARIABLE: "0", MEMORY_VARIABLE: "1", WALLTIME_VARIABLE: "60"}.items():
        monkeypatch.setenv(name, value)
    site = fake_site(tmp_path, "hang()")
    report = supervise(site, spec(cpus=4096, gpus=99))
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.OUT_OF_MEMORY)
    assert report.usage.gpu_seconds == 0
    recorded = site.run("job1-1").spec().limits
    assert (recorded.cpus, recorded.gpus, recorded.memory, recorded.walltime) == (2, 0, 1, 60)


def test_a_second_delivery_to_a_smaller_worker_is_cut_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fake_site(tmp_path)
    run = site.run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec(cpus=8))
    monkeypatch.setenv(CPUS_VARIABLE, "2")
    assert supervise(site, spec(cpus=8)).outcome is Outcome.FINISHED
    assert run.spec() == spec(cpus=2)
