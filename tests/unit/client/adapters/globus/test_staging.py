import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from globus_sdk import GlobusConnectionError

from armarius.client.adapters.globus.transfer import service as staging_service
from armarius.client.adapters.globus.transfer.staging import PATIENCE, GlobusStaging
from armarius.client.errors import JournalUnreachable, LeaseLost, SignInNeeded, SiteUnreachable
from armarius.client.journal import TransferStage
from armarius.client.ports import Parcel, TransferState
from armarius.functions.contracts import ArmariusError

from .transfer_bench import Bench, refusal

IN, OUT = "job1-1-in", "job1-1-out"
ACTIVE, DONE, FAILED, UNKNOWN = TransferState.ACTIVE, TransferState.DONE, TransferState.FAILED, TransferState.UNKNOWN


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def staging(made: Bench) -> GlobusStaging:
    return made.staging()


@pytest.fixture
def pages(made: Bench) -> list[Parcel]:
    return [made.page("manifest.json", b'{"pages": 1}' * 50), made.page("p1.jpg", b"a page"), made.page("p2.jpg", b"b")]


def under_way(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    """A transfer that Transfer has begun with."""
    staging.send(IN, pages)
    assert made.look(staging, IN).state is ACTIVE


def stage(made: Bench, transfer: str = IN) -> TransferStage:
    row = made.journal.transfers.read(transfer)
    assert row is not None
    return row.stage


# There and back --------------------------------------------------------------------------------------------------


def test_files_come_to_the_site_by_their_digests(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    assert staging.status(IN).state is UNKNOWN
    staging.send(IN, pages)
    view = made.settle(staging, IN)
    assert (view.state, view.attempt) == (DONE, 1)
    assert view.moved == view.total > 0
    assert made.holds(pages)
    assert made.left_over() == []


def test_models_come_home_each_by_itself(made: Bench, staging: GlobusStaging) -> None:
    model = made.model()
    staging.fetch(OUT, [model])
    assert made.settle(staging, OUT).state is DONE
    assert model.here.read_bytes() == b"the weights"
    assert made.left_over() == []
    (order,) = made.service.orders.values()
    assert [item["source_path"] for item in order["DATA"]] == ["/scratch/armarius/runs/job1-1/models/best.mlmodel"]


def test_a_file_that_nobody_asks_for_any_more_stays_behind(made: Bench, staging: GlobusStaging) -> None:
    """As after a process that had put one in its place, and died before it could write that down."""
    model = made.model()
    other = made.page("other", b"the weights of an epoch")
    path = made.site.root / "runs" / "job1-1" / "models" / "epoch_1.mlmodel"
    path.write_bytes(other.here.read_bytes())
    first = Parcel(made.folder / "results" / "epoch.mlmodel", "runs/job1-1/models/epoch_1.mlmodel", other.sha256, 23)
    staging.fetch(OUT, [first, model])
    staging.close()
    again = made.staging()
    again.fetch(OUT, [model])
    assert made.settle(again, OUT).state is DONE
    assert model.here.read_bytes() == b"the weights"
    assert not first.here.exists()


def test_many_files_are_few_archives_that_transfer_must_verify(
    made: Bench, staging: GlobusStaging, pages: list[Parcel]
) -> None:
    under_way(made, staging, pages)
    (order,) = made.service.orders.values()
    (item,) = order["DATA"]
    assert (item["source_path"], item["destination_path"]) == (
        "/globus/outbox/job1-1-in-1-1.zip",
        "/scratch/armarius/inbox/job1-1-in-1-1.zip",
    )
    assert item["checksum_algorithm"] == "SHA256"
    assert len(item["external_checksum"]) == 64
    assert order["verify_checksum"] and order["encrypt_data"] and order["fail_on_quota_errors"]
    deadline = datetime.fromisoformat(order["deadline"]).timestamp()
    assert 2 * 86_400 < deadline - made.clock.now() < 4 * 86_400
    assert not any(order[f"notify_on_{end}"] for end in ("succeeded", "failed", "inactive"))


def test_bytes_are_told_and_a_repetition_is_not_counted_twice(
    made: Bench, staging: GlobusStaging, pages: list[Parcel]
) -> None:
    under_way(made, staging, pages)
    made.service.tell(bytes_transferred=7)
    view = made.look(staging, IN)
    assert (view.moved, view.message) == (7, "")
    made.service.tell(bytes_transferred=10**9)
    view = made.look(staging, IN)
    assert view.moved == view.total


def test_begun_twice_it_is_one(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    staging.send(IN, pages)
    made.settle(staging, IN)
    staging.send(IN, pages)
    assert staging.status(IN).state is DONE
    assert len(made.service.tasks) == 1


def test_transfer_is_asked_no_oftener_than_need_be(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.calls.clear()
    for _ in range(1200):  # ten minutes, two looks a second
        made.clock.pass_(0.5)
        staging.status(IN)
    assert 25 <= made.service.calls.count("get_task") <= 40


# What Transfer says ----------------------------------------------------------------------------------------------


def test_a_pause_is_told_with_what_the_administrator_says(
    made: Bench, staging: GlobusStaging, pages: list[Parcel]
) -> None:
    under_way(made, staging, pages)
    made.service.tell(is_paused=True, nice_status="PAUSED")
    made.service.pause_info = {
        "source_pause_message": None,
        "destination_pause_message": "The disk is being moved.",
        "pause_rules": [{"message": "Until Monday."}, {"message": None}],
    }
    view = made.look(staging, IN)
    assert view.state is ACTIVE
    assert "The disk is being moved. Until Monday." in view.message
    assert "It goes on when they resume it." in view.message
    for _ in range(3000):
        view = made.look(staging, IN)
    assert view.state is ACTIVE, "a pause is no fault"
    made.service.errors = [refusal(500)]
    made.service.tell(is_paused=False, nice_status="OK")
    made.clock.pass_(60)
    with pytest.raises(SiteUnreachable):
        staging.status(IN)
    assert made.settle(staging, IN).state is DONE


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("PERMISSION_DENIED", "must be able to write /scratch/armarius of collection 2222"),
        ("QUOTA_EXCEEDED", "Make room in /scratch/armarius"),
        ("NO_SPACE_LEFT", "Make room"),
        ("FILE_NOT_FOUND", "Is /scratch/armarius of collection 2222"),
    ],
)
def test_what_only_people_can_mend_ends_after_a_while(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], code: str, said: str
) -> None:
    under_way(made, staging, pages)
    details = (
        "Error (transfer)\nServer: here (Globus Connect)\nFile: /x/y.zip\nMessage: Fatal FTP response\n---\n500 No.\n"
    )
    made.service.tell(nice_status=code, nice_status_details=details)
    view = made.look(staging, IN)
    assert view.state is ACTIVE
    assert said in view.message
    assert f"({code}: File: /x/y.zip Message: Fatal FTP response)" in view.message
    made.clock.pass_(PATIENCE)
    view = made.look(staging, IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert said in view.error
    assert made.service.calls[-1] == "cancel_task"
    assert made.left_over() == []


def test_what_passes_is_waited_for(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.tell(nice_status="PERMISSION_DENIED")
    made.look(staging, IN)
    made.clock.pass_(PATIENCE - 60)
    made.service.tell(nice_status="OK")
    made.look(staging, IN)
    made.service.tell(nice_status="PERMISSION_DENIED")
    assert made.look(staging, IN).state is ACTIVE, "the time counts from the last time that it was well"
    made.service.tell(nice_status="ENDPOINT_ERROR")
    made.clock.pass_(10 * PATIENCE)
    view = made.look(staging, IN)
    assert view.state is ACTIVE
    assert "cannot be reached just now. (ENDPOINT_ERROR)" in view.message


@pytest.mark.parametrize(
    ("task", "transient", "said"),
    [
        ({"fatal_error": {"code": "EXTERNAL_CHECKSUM_MISMATCH", "description": "no"}}, True, "the checksum differs"),
        ({"fatal_error": {"code": "ENDPOINT_ERROR", "description": "down"}}, True, "cannot be reached"),
        ({"fatal_error": {"code": "QUOTA_EXCEEDED", "description": "full"}}, False, "no room left"),
        ({"fatal_error": {"code": "EXPIRED", "description": "late"}}, False, "not done in the time"),
        ({"fatal_error": {"code": "CANCELED", "description": "by owner"}}, False, "Somebody cancelled it"),
        ({"fatal_error": {"code": "NEWFANGLED", "description": "?"}}, True, "(NEWFANGLED: ?)"),
        ({"fatal_error": None, "nice_status": "QUOTA_EXCEEDED"}, False, "no room left"),
        ({"fatal_error": None}, True, "reports a fault"),
        (
            {"canceled_by_admin": "DESTINATION", "canceled_by_admin_message": "Too much.", "fatal_error": None},
            False,
            "The administrator of the collection it went to cancelled it. 'Too much.'",
        ),
    ],
)
def test_a_failure_says_why(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], task: dict[str, Any], transient: bool, said: str
) -> None:
    under_way(made, staging, pages)
    made.service.tell(status="FAILED", **task)
    view = made.look(staging, IN)
    assert (view.state, view.transient, view.attempt) == (FAILED, transient, 1)
    assert said in view.error
    assert made.left_over() == []
    assert made.staging().status(IN) == view, "another process hears the same"


@pytest.mark.parametrize("status", ["INACTIVE", "SOMETHING_NEW"])
def test_only_success_is_a_success(made: Bench, staging: GlobusStaging, pages: list[Parcel], status: str) -> None:
    under_way(made, staging, pages)
    made.service.tell(status=status, nice_status=None)
    assert made.look(staging, IN).state is ACTIVE
    assert "receive" not in made.compute.calls


def test_a_task_that_transfer_forgot_is_begun_anew(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.tasks.clear()
    view = made.look(staging, IN)
    assert (view.state, view.transient) == (FAILED, True)


def test_a_failed_one_begins_anew_under_other_names(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.tell(status="FAILED", fatal_error={"code": "VERIFY_CHECKSUM", "description": "x"})
    assert made.look(staging, IN).state is FAILED
    staging.send(IN, pages)
    assert made.settle(staging, IN).attempt == 2
    names = [order["DATA"][0]["source_path"] for order in made.service.orders.values()]
    assert names == ["/globus/outbox/job1-1-in-1-1.zip", "/globus/outbox/job1-1-in-2-1.zip"]
    assert made.holds(pages)


# What cannot be reached, and who may not -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        refusal(502, "BadGateway"),
        refusal(503, "ServiceUnavailable"),
        refusal(429, "TooManyRequests"),
        refusal(502, "ExternalError.DirListingFailed"),
        refusal(409, "TooManyPendingJobs"),
        GlobusConnectionError("no", requests.ConnectionError("refused")),
    ],
    ids=lambda error: type(error).__name__ + str(getattr(error, "http_status", "")),
)
@pytest.mark.parametrize("call", range(3))
def test_what_cannot_be_reached_loses_nothing(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], error: Exception, call: int
) -> None:
    staging.send(IN, pages)
    # The first look makes three calls: for a submission id, the handing over, the state. One of them fails.
    passing = iter(range(10))
    raising = made.service._called

    def called(name: str) -> None:
        raising(name)
        if next(passing) == call:
            raise error

    made.service._called = called  # type: ignore[method-assign]
    with pytest.raises(SiteUnreachable):
        made.look(staging, IN)
    calls = len(made.service.calls)
    with pytest.raises(SiteUnreachable, match="tried again"):
        staging.status(IN)
    assert len(made.service.calls) == calls, "it is left alone for a while"
    assert made.settle(staging, IN).state is DONE
    assert len(made.service.tasks) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal(401, "AuthenticationFailed"), "armarius login"),
        (refusal(403, "ConsentRequired", required_scopes=["urn:x"]), f"--data-access {'2' * 8}"),
        (refusal(403, "Nope", authorization_parameters={"session_message": "Use your work account."}), "work account"),
    ],
)
def test_a_missing_sign_in_is_waited_for(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], error: Exception, said: str
) -> None:
    staging.send(IN, pages)
    made.service.errors = [error]
    with pytest.raises(SignInNeeded, match=said):
        made.look(staging, IN)
    assert made.settle(staging, IN).state is DONE


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal(404, "EndpointNotFound", "No such endpoint 'x'"), "in its site file"),
        (refusal(403, "PermissionDenied"), "Let this identity read and write /scratch/armarius"),
        (refusal(400, "ClientError.BadRequest", "bad path"), "bad path (HTTP 400, ClientError.BadRequest)"),
    ],
)
def test_a_refusal_ends_it_with_the_reason(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], error: Exception, said: str
) -> None:
    staging.send(IN, pages)
    made.service.errors = [error]
    view = made.look(staging, IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert said in view.error
    assert made.left_over() == []


def test_a_site_that_does_not_answer_unpacks_later(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.move()
    made.compute.reachable = False
    with pytest.raises(SiteUnreachable):
        made.look(staging, IN)
    assert stage(made) is TransferStage.ARRIVED
    made.compute.reachable = True
    assert made.look(staging, IN).state is DONE


def test_a_site_that_refuses_an_archive_is_heard(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.move()
    (archive,) = (made.site.root / "inbox").glob("*.zip")
    archive.write_bytes(b"something else")
    view = made.look(staging, IN)
    assert view.state is FAILED
    assert "refuses the archive job1-1-in-1-1: it was damaged" in view.error
    assert made.left_over() == []


def test_a_collection_that_leads_elsewhere_is_named(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.move()
    (archive,) = (made.site.root / "inbox").glob("*.zip")
    archive.unlink()
    view = made.look(staging, IN)
    assert view.state is FAILED
    assert "armarius endpoint doctor" in view.error


# On this machine -------------------------------------------------------------------------------------------------


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


# Cancelling ------------------------------------------------------------------------------------------------------


def test_cancelled_while_it_moves(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    staging.cancel(IN)
    assert [task["status"] for task in made.service.tasks.values()] == ["FAILED"]
    assert staging.status(IN).state is UNKNOWN
    assert made.left_over() == []
    staging.cancel(IN)
    assert made.service.calls.count("cancel_task") == 1


@pytest.mark.parametrize("packed", [False, True], ids=["at once", "when all is packed"])
def test_cancelled_while_it_is_packed(made: Bench, staging: GlobusStaging, pages: list[Parcel], packed: bool) -> None:
    staging.send(IN, pages)
    if packed:
        here = staging._here[IN]
        assert here.packing is not None
        here.packing.result()
        assert made.left_over() != []
    staging.cancel(IN)
    assert made.left_over() == []
    assert made.service.calls == []
    assert staging.status(IN).state is UNKNOWN


def test_who_leaves_while_packing_takes_nothing_from_who_goes_on(made: Bench, pages: list[Parcel]) -> None:
    first, second = made.staging(), made.staging()
    first.send(IN, pages)
    under_way(made, second, pages)
    first.close()
    assert made.settle(second, IN).state is DONE
    assert made.holds(pages)


def test_cancelled_by_another_process_that_died_in_between(made: Bench, pages: list[Parcel]) -> None:
    first = made.staging()
    first.send(IN, pages)
    made.service.errors = []
    task_noted = made.journal.transfers.note

    def dies(row: Any, now: float, **change: Any) -> Any:
        if "task_id" in change:
            raise JournalUnreachable("away")
        return task_noted(row, now, **change)

    made.journal.transfers.note = dies  # type: ignore[method-assign]
    with pytest.raises(JournalUnreachable):
        made.look(first, IN)
    made.journal.transfers.note = task_noted  # type: ignore[method-assign]
    made.staging().cancel(IN)
    assert [task["status"] for task in made.service.tasks.values()] == ["FAILED"], (
        "it was handed over: ended all the same"
    )


def test_what_nobody_began_is_cancelled_by_doing_nothing(made: Bench, staging: GlobusStaging) -> None:
    staging.cancel(IN)
    assert made.service.calls == []


def test_a_cancel_that_cannot_reach_transfer_is_repeated(
    made: Bench, staging: GlobusStaging, pages: list[Parcel]
) -> None:
    under_way(made, staging, pages)
    made.service.errors = [refusal(502)]
    with pytest.raises(SiteUnreachable):
        staging.cancel(IN)
    made.clock.pass_(60)
    staging.cancel(IN)
    assert [task["status"] for task in made.service.tasks.values()] == ["FAILED"]


def test_after_it_was_given_up_attempts_count_from_one(
    made: Bench, staging: GlobusStaging, pages: list[Parcel]
) -> None:
    for attempt in (1, 2, 1, 2):
        staging.send(IN, pages)
        made.look(staging, IN)
        made.service.tell(status="FAILED", fatal_error={"code": "TIMEOUT", "description": ""})
        assert made.look(staging, IN).attempt == attempt
        if attempt == 2:
            staging.cancel(IN)
    assert len({order["DATA"][0]["source_path"] for order in made.service.orders.values()}) == 4


# Other processes -------------------------------------------------------------------------------------------------


def test_another_process_goes_on_with_what_was_handed_over(made: Bench, pages: list[Parcel]) -> None:
    under_way(made, made.staging(), pages)
    assert made.settle(made.staging(), IN).state is DONE
    assert len(made.service.tasks) == 1


def test_another_process_must_be_told_where_models_belong(made: Bench) -> None:
    model = made.model()
    first = made.staging()
    first.fetch(OUT, [model])
    made.look(first, OUT)
    second = made.staging()
    assert second.status(OUT).state is UNKNOWN
    second.fetch(OUT, [model])
    assert made.settle(second, OUT).state is DONE
    assert len(made.service.tasks) == 1


def test_of_two_drivers_one_is_heard(made: Bench, pages: list[Parcel]) -> None:
    one, two = made.staging(), made.staging()
    one.send(IN, pages)
    two.send(IN, pages)
    for each in (one, two):
        here = each._here[IN]
        assert here.packing is not None
        here.packing.result()
    assert one.status(IN).state is ACTIVE
    assert two.status(IN).state is ACTIVE
    assert len(made.service.tasks) == 1
    row = made.journal.transfers.read(IN)
    assert row is not None
    made.journal.transfers.note(row, 1.0, error="")
    with pytest.raises(LeaseLost):
        made.journal.transfers.note(row, 1.0, error="")


def test_what_is_refused_was_not_begun_and_needs_no_end(made: Bench, pages: list[Parcel]) -> None:
    staging = made.staging()
    staging.send(IN, pages)
    made.service.submit_transfer = lambda _: (_ for _ in ()).throw(refusal(502))  # type: ignore[method-assign,assignment]
    with pytest.raises(SiteUnreachable):
        made.look(staging, IN)
    made.service.submit_transfer = lambda _: (_ for _ in ()).throw(refusal(403))  # type: ignore[method-assign,assignment]
    made.clock.pass_(60)
    staging.cancel(IN)
    assert stage(made) is TransferStage.FORGOTTEN


def test_closing_leaves_the_transfer_to_go_on(made: Bench, pages: list[Parcel]) -> None:
    first = made.staging()
    under_way(made, first, pages)
    first.close()
    assert made.service.closed
    assert [task["status"] for task in made.service.tasks.values()] == ["ACTIVE"]


def test_the_client_gives_up_soon_since_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    class Client:
        transport = SimpleNamespace()

        def __init__(self, **options: Any) -> None:
            seen.update(options)

    monkeypatch.setattr(staging_service, "TransferClient", Client)
    made = staging_service.transfer_client(object())  # type: ignore[arg-type]
    assert made.transport.http_timeout == 20
    assert seen["retry_config"].max_retries * seen["retry_config"].max_sleep < 10
