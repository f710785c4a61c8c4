from typing import Any

import pytest

from armarius.client.adapters.globus.transfer.staging import PATIENCE, GlobusStaging
from armarius.client.errors import SiteUnreachable
from armarius.client.ports import Parcel

from .transfer_bench import Bench, refusal
from .under_way import ACTIVE, DONE, FAILED, IN, under_way


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
