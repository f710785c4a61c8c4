import os
import stat

import pytest

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.journal import TransferStage
from armarius.client.ports import Parcel
from armarius.functions.contracts import ArmariusError

from .transfer_bench import Bench
from .under_way import FAILED, IN, OUT, under_way


def test_an_image_that_was_changed_since_is_named(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    for content in (b"a pagf", b"a page and more", b"a"):
        pages[1].here.write_bytes(content)
        staging.send(IN, pages)
        view = made.look(staging, IN)
        assert (view.state, view.transient) == (FAILED, False)
        assert "p1.jpg does not hold what its digest says" in view.error
    assert made.service.calls == []
    assert made.left_over() == []


def test_an_image_that_is_gone_is_named(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    pages[2].here.unlink()
    staging.send(IN, pages)
    view = made.look(staging, IN)
    assert view.state is FAILED
    assert "p2.jpg" in view.error


@pytest.mark.parametrize("way", ["in", "out"])
def test_a_folder_that_is_full_is_named_before_anything_is_written(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armarius.client.adapters.globus.transfer.route.Route.room", lambda _: 3)
    if way == "in":
        staging.send(IN, pages)
    else:
        staging.fetch(IN, [made.model()])
    view = staging.status(IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert str(made.own.path) in view.error and "Make room" in view.error
    assert made.left_over() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    made.own.path.mkdir(parents=True)
    made.own.path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    staging.send(IN, pages)
    view = made.look(staging, IN)
    made.own.path.chmod(stat.S_IRWXU)
    assert view.state is FAILED
    assert "Permission denied" in view.error


def test_a_folder_that_is_a_file_is_named(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    made.own.path.parent.mkdir(parents=True)
    made.own.path.write_bytes(b"")
    staging.send(IN, pages)
    assert "cannot be used" in staging.status(IN).error


def test_a_model_that_is_not_what_it_should_be_never_gets_its_place(made: Bench, staging: GlobusStaging) -> None:
    model = made.model()
    staging.fetch(OUT, [model])
    made.look(staging, OUT)
    made.service.move()
    (landed,) = made.route.landing.iterdir()
    landed.write_bytes(b"the weightz")
    view = made.look(staging, OUT)
    assert view.state is FAILED
    assert "does not hold what its digest says" in view.error
    assert not model.here.exists()
    assert made.left_over() == []


def test_nothing_outside_the_root_of_the_site_is_asked_for(made: Bench, staging: GlobusStaging) -> None:
    for there in ("../secret", "/etc/passwd", "runs/../../secret"):
        with pytest.raises(ArmariusError, match="leave the site's root"):
            staging.fetch(OUT, [Parcel(made.folder / "x", there, "0" * 64, 1)])
    assert made.service.calls == []


def test_leftovers_of_the_dead_are_deleted_and_others_are_not(made: Bench, pages: list[Parcel]) -> None:
    under_way(made, made.staging(), pages)
    log = made.journal.transfers
    log.note(log.begin("job0-1-in", 1.0), 1.0, stage_name=TransferStage.DONE.value)
    kept = ["job1-1-in-1-1.zip", "other-pool-1-in-1-1.zip", "notes.txt"]
    for name in ("job0-1-in-1-1.zip", "job1-1-in-7-1.zip", ".unfinished.zip", *kept[1:]):
        (made.route.outbox / name).write_bytes(b"x")
    os.utime(made.route.outbox / ".unfinished.zip", (0, 0))
    later = made.staging()
    later.send("job9-1-in", [made.page("p9.jpg", b"9")])
    made.look(later, "job9-1-in")
    found = {path.name for path in made.route.outbox.iterdir()}
    assert found == {*kept, "job9-1-in-1-1.zip"}
