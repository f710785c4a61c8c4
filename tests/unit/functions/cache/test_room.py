"""Which things go, one example after the other."""

import os
import time
from pathlib import Path

import pytest

from armarius.functions.cache import cache_of, make_room, tidy
from armarius.functions.cache.room import LEAVING
from armarius.functions.contracts import Blob, CheckpointRef, PageParameters, RunSpec, Task
from armarius.functions.errors import NotRegular
from armarius.functions.files import write_bytes
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from unit.functions.cache.stores import PAGE, Store, manifest_of, sha

DAY = 86_400.0
OLD, MIDDLE, YOUNG = manifest_of(1, 2), manifest_of(3, 4), manifest_of(5, 6)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "root", 0)


def limited(store: Store, limit: int) -> Site:
    return Site(store.site.root, cache=limit)


def test_without_a_limit_nothing_goes(store: Store) -> None:
    store.send(OLD, 1000 * DAY)
    assert make_room(Site(store.site.root)) is None
    assert store.missing(OLD) == []
    assert cache_of(Site(store.site.root)) is None


def test_the_least_recently_used_goes_and_no_more_than_must(store: Store) -> None:
    for manifest, age in ((OLD, 3), (MIDDLE, 2), (YOUNG, 1)):
        store.send(manifest, age * DAY)
    room = make_room(limited(store, store.size() - len(PAGE)))
    assert room is not None and len(room.gone) == 1
    assert len(store.missing(OLD)) == 1, "of pages that were used together, one"
    assert store.missing(MIDDLE) == store.missing(YOUNG) == []
    assert room.size == store.size() <= room.limit
    assert cache_of(limited(store, room.limit)) is not None


def test_what_is_used_again_is_young_again(store: Store) -> None:
    dataset = store.send(OLD, 3 * DAY)
    store.send(YOUNG, 1 * DAY)
    run, lock = store.begin("again", dataset)
    tidy(limited(store, store.size()), run)
    write_bytes(run.report_path, b"{}")
    os.close(lock)
    make_room(limited(store, store.size() - 1))
    assert (store.missing(OLD), len(store.missing(YOUNG))) == ([], 1)


def test_a_compiled_dataset_goes_whole(store: Store) -> None:
    place = store.compile(store.send(OLD, DAY), 2 * DAY)
    room = make_room(limited(store, store.size() - 1))
    assert room is not None and [thing.path for thing in room.gone] == [place]
    assert not place.exists()
    assert list((store.site.root / LEAVING).iterdir()) == []


def test_what_a_running_a_waiting_and_a_lost_run_need_stays(store: Store) -> None:
    running, lost = store.send(OLD, 90 * DAY), store.send(MIDDLE, 80 * DAY)
    store.compile(running, 90 * DAY)
    _, lock = store.begin("running", running)
    run, other = store.begin("lost", lost)
    os.close(other)
    store.send(YOUNG, 70 * DAY)
    store.site.run("waiting").hold(list(store.files(YOUNG)))
    room = make_room(limited(store, 0))
    assert room is not None and (room.gone, room.size) == ((), store.size())
    store.forget(run)
    make_room(limited(store, 0))
    os.close(lock)
    assert len(store.missing(MIDDLE)) == 3, "nobody asked about it for two weeks"
    assert store.missing(OLD) == store.missing(YOUNG) == []
    assert store.compiled(running).is_dir()


def test_a_checkpoint_that_another_site_sent_stays_while_its_run_is_not_over(store: Store) -> None:
    dataset, digest = store.send(OLD), sha(9)
    write_bytes(store.site.blob(digest), PAGE)
    point = CheckpointRef(run_id="there", sha256=digest, size=len(PAGE), epoch=1, step=1)
    run = store.site.run("here")
    run.write_spec(RunSpec(run_id="here", task=Task.TRAIN, dataset=dataset, resume_from=point))
    make_room(limited(store, 0))
    assert store.site.blob(digest).is_file()
    write_bytes(run.report_path, b"{}")
    make_room(limited(store, 0))
    assert not store.site.blob(digest).exists()
    assert run.spec_path.is_file(), "runs are no cache"


def test_both_models_of_a_run_that_transcribes_stay(store: Store) -> None:
    dataset = store.send(OLD)
    models = [Blob(sha256=sha(number), size=len(PAGE)) for number in (7, 8)]
    for model in models:
        write_bytes(store.site.blob(model.sha256), PAGE)
    pages = PageParameters(segmentation=models[1])
    _, lock = store.begin("running", dataset, Task.TRANSCRIBE, model=models[0], pages=pages)
    make_room(limited(store, 0))
    os.close(lock)
    assert all(store.site.blob(model.sha256).is_file() for model in models)


def test_a_cancelled_or_released_run_that_never_began_needs_nothing(store: Store) -> None:
    for name, manifest in (("cancelled", OLD), ("released", MIDDLE)):
        store.send(manifest)
        store.site.run(name).hold(list(store.files(manifest)))
    store.site.run("cancelled").cancel_path.touch()
    store.site.run("released").release()
    make_room(limited(store, 0))
    assert store.size() == 0


def test_what_is_being_sent_or_written_stays_until_nobody_can_be_at_it(store: Store) -> None:
    arriving = store.site.root / "inbox" / "a.zip"
    writing = store.site.blob(sha(1)).with_name(".half.tmp")
    building = store.site.compiled(".key.building")
    writing.parent.mkdir()
    building.mkdir()
    inside = building / "train.arrow"
    for path in (arriving, writing, inside):
        path.write_bytes(PAGE)
    room = make_room(limited(store, 0))
    assert room is not None and (room.gone, room.size) == ((), 3 * len(PAGE))
    for path, age in ((arriving, 15 * DAY), (writing, 2 * DAY), (inside, 2 * DAY), (building, 2 * DAY)):
        os.utime(path, (time.time() - age,) * 2)
    make_room(limited(store, 0))
    assert store.size() == 0 and not building.exists()


def test_where_a_need_cannot_be_read_everything_stays(store: Store) -> None:
    store.send(OLD, DAY)
    run = store.site.run("odd")
    write_bytes(run.spec_path, b"{}")
    room = make_room(limited(store, 0))
    assert room is not None and (room.gone, room.unknown) == ((), ("odd",))
    assert store.missing(OLD) == []


def test_what_an_older_release_compiled_stays_while_anything_is_needed(store: Store) -> None:
    place = store.compile(store.send(OLD, DAY))
    (place / "used").unlink()
    run, lock = store.begin("running", store.send(YOUNG))
    make_room(limited(store, 0))
    assert place.is_dir(), "it could be the one that is in use"
    write_bytes(run.report_path, b"{}")
    os.close(lock)
    make_room(limited(store, 0))
    assert not place.exists()


def test_a_dry_run_tells_and_changes_nothing(store: Store) -> None:
    store.send(OLD, DAY)
    room = make_room(limited(store, 0), dry_run=True)
    assert room is not None and (len(room.gone), room.size) == (3, 0)
    assert store.missing(OLD) == []


def test_what_was_killed_in_the_middle_is_given_back_or_ended(store: Store) -> None:
    """By the next one who makes room, whatever the size is then."""
    store.send(OLD)
    leaving = store.site.root / LEAVING
    leaving.mkdir()
    held = store.site.run("waiting")
    held.hold(list(store.files(OLD)))
    store.site.blob(sha(1)).rename(leaving / f"blob.{sha(1)}")
    (leaving / f"blob.{sha(7)}").write_bytes(PAGE)
    half = leaving / "gone.1"
    half.mkdir()
    (half / "train.arrow").write_bytes(PAGE)
    make_room(limited(store, 10**9))
    assert store.missing(OLD) == []
    assert not store.site.blob(sha(7)).exists() and list(leaving.iterdir()) == []


def test_a_link_is_no_thing_of_the_site(store: Store, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / sha(5)).write_bytes(PAGE)
    (store.site.root / "blobs" / "aa").symlink_to(elsewhere)
    (store.site.root / "compiled" / "key").symlink_to(elsewhere)
    make_room(limited(store, 0))
    assert (elsewhere / sha(5)).exists()


def test_who_waits_for_a_run_keeps_its_files(store: Store) -> None:
    run = store.site.run("waiting")
    run.hold([sha(1)])
    store.forget(run)
    before = run.last_wanted()
    run.renew()
    assert run.last_wanted() > before
    assert RunDir(store.site.runs, "none").last_wanted() == 0


def test_room_that_cannot_be_made_harms_no_run(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    run, lock = store.begin("running", store.send(OLD))
    (store.site.root / "cache.lock").mkdir()
    with pytest.raises(NotRegular, match=r"cache\.lock"):
        make_room(limited(store, 0))
    tidy(limited(store, 0), run)
    os.close(lock)
    assert "No room could be made" in caplog.text
