import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from armarius.functions.cache import make_room
from armarius.functions.contracts import (
    Cache,
    Phase,
    Progress,
    ProgressAnswer,
    QueuedShape,
    QueueTable,
    RunState,
    RunStatus,
    SiteReport,
)
from armarius.functions.files import write_bytes
from armarius.functions.registered import BATCH, CONTROL
from armarius.functions.signing import KEY_VARIABLE
from armarius.functions.site import Site
from unit.functions.registered.fake_engine import as_json, fake_site, spec

RUN = "job1-1"
TABLE = QueueTable(shapes=(QueuedShape(name="cpu1", cpus=1),), walltimes={"30m": "00:32:00"})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return fake_site(tmp_path)


def call(name: str, site: Site, **payload: Any) -> Any:
    """Calls a control function as over a wire."""
    return as_json(CONTROL[name](as_json(payload), site))


def ask(site: Site, *runs: str, position: int = 0) -> tuple[RunStatus, ...]:
    watched = [{"run_id": run_id, "position": position} for run_id in runs]
    return ProgressAnswer.model_validate(call("progress", site, runs=watched)).runs


def checkpoint(site: Site, step: int) -> str:
    run = site.run(RUN)
    run.checkpoints.mkdir(parents=True, exist_ok=True)
    (run.checkpoints / "written").write_bytes(b"%d" % step)
    return run.record_checkpoint(run.checkpoints / "written", epoch=1, step=step).sha256


# progress ----------------------------------------------------------------------------------------------------------


def test_an_unknown_run_is_unknown(site: Site) -> None:
    (status,) = ask(site, "never-1", position=700)
    assert status == RunStatus(run_id="never-1", state=RunState.UNKNOWN)
    assert not site.runs.exists(), "asking leaves no trace"


def test_each_run_in_the_order_asked_for(site: Site) -> None:
    run = site.run(RUN)
    lock = run.acquire()
    run.beat()
    assert [(each.run_id, each.state) for each in ask(site, "b", RUN)] == [
        ("b", RunState.UNKNOWN),
        (RUN, RunState.RUNNING),
    ]
    os.close(lock)
    assert [each.state for each in ask(site, RUN)] == [RunState.LOST]
    assert ask(site) == ()


def test_only_what_is_new_and_whole(site: Site) -> None:
    run = site.run(RUN)
    run.path.mkdir(parents=True)
    lines = [Progress(at=step, phase=Phase.TRAINING, step=step, message="Zeile ſ") for step in range(3)]
    for line in lines[:2]:
        run.append_progress(line)
    first = ask(site, RUN)[0]
    assert first.progress == tuple(lines[:2])
    with run.progress_path.open("ab") as stream:
        stream.write(b'{"at": 2')
    again = ask(site, RUN, position=first.position)[0]
    assert (again.progress, again.position) == ((), first.position)
    run.mend_progress()
    run.append_progress(lines[2])
    assert ask(site, RUN, position=first.position)[0].progress == (lines[2],)


def test_a_long_story_comes_in_parts(site: Site) -> None:
    run = site.run(RUN)
    run.path.mkdir(parents=True)
    content = b"".join(
        Progress(at=step, phase=Phase.TRAINING, step=step).model_dump_json().encode() + b"\n" for step in range(1200)
    )
    run.progress_path.write_bytes(content)
    seen, position = [], 0
    while lines := (status := ask(site, RUN, position=position)[0]).progress:
        seen += [line.step for line in lines]
        position = status.position
    assert seen == list(range(1200))
    assert position == len(content)


def test_the_newest_checkpoint_is_told(site: Site) -> None:
    checkpoint(site, 10)
    digest = checkpoint(site, 20)
    told = ask(site, RUN)[0].checkpoint
    assert told is not None
    assert (told.sha256, told.step, told.run_id) == (digest, 20, RUN)


def test_the_report_of_an_ended_run_is_told(site: Site) -> None:
    BATCH["train"](spec().model_dump(mode="json"), site)
    (status,) = ask(site, RUN)
    assert status.state is RunState.ENDED
    assert status.report == site.run(RUN).report().model_dump(mode="json")


# cancel and release ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pause", "left"), [(False, {"CANCEL"}), (True, {"PAUSE"})])
def test_a_wish_is_left_for_runs_that_are_not_there_yet(site: Site, pause: bool, left: set[str]) -> None:
    assert call("cancel", site, runs=["a-1", "b-1"], pause=pause) == {}
    for run_id in ("a-1", "b-1"):
        assert {path.name for path in site.run(run_id).path.iterdir()} == left


def test_a_run_that_was_cancelled_in_the_queue_never_begins(site: Site) -> None:
    call("cancel", site, runs=[RUN])
    status = RunStatus.model_validate(BATCH["train"](spec().model_dump(mode="json"), site))
    assert status.report is not None
    assert status.report["outcome"] == "cancelled"


def test_a_released_run_keeps_its_spec_and_its_report(site: Site) -> None:
    BATCH["train"](spec().model_dump(mode="json"), site)
    checkpoint(site, 10)
    report = site.run(RUN).report()
    assert call("release", site, runs=[RUN, "never-1"]) == {"kept": []}
    assert {path.name for path in site.run(RUN).path.iterdir()} == {"spec.json", "report.json", "lock"}
    assert site.run(RUN).report() == report


def test_a_run_that_is_computed_is_not_released(site: Site) -> None:
    run = site.run(RUN)
    lock = run.acquire()
    digest = checkpoint(site, 10)
    try:
        assert call("release", site, runs=[RUN]) == {"kept": [RUN]}
    finally:
        os.close(lock)
    told = ask(site, RUN)[0].checkpoint
    assert told is not None
    assert told.sha256 == digest


@pytest.mark.parametrize("name", ["progress", "cancel", "release"])
@pytest.mark.parametrize("run_id", ["../outside", "/etc", "", "a/b", "A-1"])
def test_no_name_leads_out_of_the_site(site: Site, name: str, run_id: str) -> None:
    outside = site.root.parent / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    runs = [{"run_id": run_id}] if name == "progress" else [run_id]
    with pytest.raises(ValidationError):
        call(name, site, runs=runs)
    assert (outside / "kept").exists()


# probe -------------------------------------------------------------------------------------------------------------


def test_a_site_tells_what_it_is_and_lacks(site: Site) -> None:
    held, lacking = "a" * 64, "b" * 64
    write_bytes(site.blob(held), b"a page")
    report = SiteReport.model_validate(call("probe", site, blobs=[held, lacking]))
    assert report.missing == (lacking,)
    assert (report.versions.kraken, report.versions.torch) == ("7.1.1", "2.9.1")
    assert (report.host, report.cpus) == (os.uname().nodename, os.cpu_count())
    assert 0 < report.memory_free <= report.memory
    assert report.disk_free > 0


def test_a_site_without_kraken_can_be_asked_all_the_same(tmp_path: Path) -> None:
    site = Site(tmp_path / "deep" / "site", tmp_path / "nowhere")
    report = SiteReport.model_validate(call("probe", site))
    assert (report.versions.kraken, report.versions.torch, report.missing) == ("", "", ())
    assert report.versions.armarius
    assert site.root.is_dir()


def test_a_probe_tells_what_is_kept_and_how_the_queue_is_if_it_is_asked(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes(site.blob("a" * 64), b"some page")
    plain = SiteReport.model_validate(call("probe", site))
    assert (plain.contents, plain.queue) == (None, None)
    whole = SiteReport.model_validate(call("probe", site, whole=True))
    assert whole.contents is not None
    assert (whole.contents.blobs, whole.contents.blob_bytes) == (1, 9)
    assert whole.queue is None, "there is no scheduler"
    monkeypatch.setenv("PATH", str(tmp_path))
    queued = SiteReport.model_validate(call("probe", replace(site, queue=TABLE), whole=True))
    assert queued.queue is not None
    assert "sinfo" in queued.queue.trouble, "there should be one"


def test_a_site_with_a_limit_tells_it_and_an_older_client_of_another_site_hears_no_new_word(site: Site) -> None:
    assert "cache" not in call("probe", site, whole=True)
    limited = replace(site, cache=100)
    assert call("probe", limited)["cache"] == {"bytes": 0, "limit": 100}
    write_bytes(site.blob("a" * 64), b"some page")
    make_room(limited)
    assert SiteReport.model_validate(call("probe", limited)).cache == Cache(bytes=9, limit=100)


def test_what_is_asked_about_for_a_run_stays_until_the_run_is_over(site: Site) -> None:
    limited = replace(site, cache=0)
    for digest in ("a" * 64, "b" * 64):
        write_bytes(site.blob(digest), b"some page")
    assert call("probe", limited, blobs=["a" * 64], run=RUN)["missing"] == []
    make_room(limited)
    assert site.blob("a" * 64).is_file() and not site.blob("b" * 64).exists()
    assert ask(site, RUN)[0].state is RunState.UNKNOWN, "it has not begun"
    os.utime(site.run(RUN).needs_path, (0, 0))
    ask(site, RUN)  # somebody waits for it
    make_room(limited)
    assert site.blob("a" * 64).is_file()
    call("release", site, runs=[RUN])
    make_room(limited)
    assert not site.blob("a" * 64).exists()


@pytest.mark.parametrize("name", ["probe", "progress", "cancel", "release"])
def test_an_unknown_word_is_refused(site: Site, name: str) -> None:
    with pytest.raises(ValidationError):
        call(name, site, runs=[], surprise=True)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("progress", {"runs": [{"run_id": "a", "position": 10**30}]}),
        ("progress", {"runs": [{"run_id": "a"}] * 501}),
        ("cancel", {"runs": ["a"] * 501}),
        ("release", {"runs": ["a"] * 501}),
        ("probe", {"blobs": ["0" * 64] * 200_001}),
    ],
)
def test_a_question_has_its_bounds(site: Site, name: str, payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        call(name, site, **payload)


def test_the_largest_position_is_answered(site: Site) -> None:
    run = site.run(RUN)
    run.path.mkdir(parents=True)
    run.append_progress(Progress(at=0, phase=Phase.TRAINING))
    assert ask(site, RUN, position=2**62)[0].progress == ()


def test_a_probe_makes_the_key(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "state" / "key"))
    call("probe", site)
    assert (tmp_path / "state" / "key").stat().st_size == 32


def test_a_site_that_can_keep_no_key_answers_a_probe_all_the_same(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "file" / "key"))
    assert SiteReport.model_validate(call("probe", site)).cpus
