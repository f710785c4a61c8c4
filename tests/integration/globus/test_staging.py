"""The staging adapter with the real TransferClient over HTTP, against the local double of Transfer.

What Transfer copies here are real files between two folders; the faults are the double's. Of the site, ``receive`` is
called directly: with an endpoint between, it is tested with the whole job.
"""

from uuid import UUID

import pytest

from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.config import DataPath
from armarius.client.errors import SiteUnreachable
from armarius.client.ports import TransferState

from .conftest import SECONDS_A_LOOK, Ends

IN, OUT = "job1-1-in", "job1-1-out"
DONE, FAILED, UNKNOWN = TransferState.DONE, TransferState.FAILED, TransferState.UNKNOWN
TRANSFER = "/v0.10/transfer"


def test_pages_there_and_a_model_home(ends: Ends) -> None:
    staging, pages, model = ends.staging(), ends.pages(30), ends.model()
    staging.send(IN, pages)
    assert ends.end(staging, IN).state is DONE
    staging.fetch(OUT, [model])
    assert ends.end(staging, OUT).state is DONE
    assert ends.holds(pages)
    assert model.here.read_bytes() == b"w" * model.size
    assert ends.tasks() == 2, "thirty pages go as one file"
    assert ends.left_over() == []


def test_transfer_tells_how_many_bytes_have_moved(ends: Ends) -> None:
    fault = ends.cloud.faults.slow_copy(400_000)
    staging = ends.staging()
    staging.send(IN, ends.pages(8, 100_000))
    view = ends.when(staging, IN, lambda view: 0 < view.moved < view.total, "half a transfer")
    assert 800_000 < view.total < 810_000
    ends.cloud.faults.remove(fault)
    view = ends.end(staging, IN)
    assert view.moved == view.total


def test_what_was_damaged_on_the_way_is_sent_again(ends: Ends) -> None:
    """A digest that we name is checked, and a copy that has another ends the task: the next attempt brings it."""
    ends.cloud.faults.corrupt_copy()
    staging, pages = ends.staging(), ends.pages()
    staging.send(IN, pages)
    view = ends.end(staging, IN)
    assert (view.state, view.transient) == (FAILED, True)
    assert "What arrived is not what was sent: the checksum differs." in view.error
    staging.send(IN, pages)
    view = ends.end(staging, IN)
    assert (view.state, view.attempt) == (DONE, 2)
    assert ends.holds(pages)


def test_a_model_that_was_damaged_on_the_way_never_gets_its_place(ends: Ends) -> None:
    ends.cloud.faults.corrupt_copy(times=None)
    staging, model = ends.staging(), ends.model()
    staging.fetch(OUT, [model])
    assert ends.end(staging, OUT).state is FAILED
    assert not model.here.exists()
    assert ends.left_over() == []


def test_a_pause_is_told_and_waited_for(ends: Ends) -> None:
    fault = ends.cloud.faults.pause("The disks are being moved until Monday.")
    staging, pages = ends.staging(), ends.pages()
    staging.send(IN, pages)
    view = ends.when(staging, IN, lambda view: "paused" in view.message, "a pause")
    assert "The disks are being moved until Monday." in view.message
    ends.cloud.faults.remove(fault)
    assert ends.end(staging, IN).state is DONE
    assert ends.holds(pages)


def test_a_right_that_is_given_in_time_is_enough(ends: Ends) -> None:
    fault = ends.cloud.faults.refuse_copy()
    staging = ends.staging()
    staging.send(IN, ends.pages())
    view = ends.when(staging, IN, lambda view: "PERMISSION_DENIED" in view.message, "a refusal")
    assert f"must be able to write /scratch/armarius of collection {ends.route.data.collection}" in view.message
    ends.cloud.faults.remove(fault)
    assert ends.end(staging, IN).state is DONE


def test_a_right_that_nobody_gives_ends_it(ends: Ends) -> None:
    ends.cloud.faults.refuse_copy()
    staging = ends.staging()
    staging.send(IN, ends.pages())
    view = ends.end(staging, IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert "PERMISSION_DENIED" in view.error
    assert ends.cloud.stats().count("POST /v0.10/task/{id}/cancel") == 1
    assert ends.left_over() == []


def test_a_full_disk_ends_it_at_once(ends: Ends) -> None:
    ends.cloud.faults.refuse_copy(quota=True)
    staging = ends.staging()
    staging.send(IN, ends.pages())
    view = ends.end(staging, IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert "There is no room left" in view.error
    assert ends.cloud.stats().count("POST /v0.10/task/{id}/cancel") == 0


def test_a_cancelled_transfer_ends_at_transfer_too(ends: Ends) -> None:
    ends.cloud.faults.slow_copy(20_000)
    first = ends.staging()
    first.send(IN, ends.pages())
    ends.when(first, IN, lambda view: view.moved > 0, "the first bytes")
    ends.staging().cancel(IN)
    assert first.status(IN).state is UNKNOWN
    assert ends.cloud.stats().count("POST /v0.10/task/{id}/cancel") == 1
    assert not any(path.suffix == ".zip" for path in ends.own.path.rglob("*"))


def test_somebody_who_cancels_it_in_globus_is_no_success(ends: Ends) -> None:
    ends.cloud.faults.slow_copy(20_000)
    staging = ends.staging()
    staging.send(IN, ends.pages())
    ends.when(staging, IN, lambda view: view.moved > 0, "the first bytes")
    row = ends.journal.transfers.read(IN)
    assert row is not None
    staging._line.cancel(str(row.task_id))
    view = ends.end(staging, IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert "Somebody cancelled it in Globus." in view.error


@pytest.mark.parametrize("times", [1, 4], ids=["once", "oftener than the client repeats it"])
def test_handed_over_and_yet_told_502(ends: Ends, times: int) -> None:
    ends.cloud.faults.answer(TRANSFER, 502, method="POST", after=True, times=times)
    staging, pages = ends.staging(), ends.pages()
    staging.send(IN, pages)
    assert ends.end(staging, IN).state is DONE
    assert ends.holds(pages)
    assert ends.cloud.stats().count(f"POST {TRANSFER}") == times + 1
    assert ends.tasks() == 1, "one submission id, one task"


def test_a_line_that_breaks_after_the_work_was_done(ends: Ends) -> None:
    for path in ("/v0.10/submission_id", TRANSFER, "/v0.10/task/*"):
        ends.cloud.faults.drop(path, after=True, times=4)
    staging, pages = ends.staging(), ends.pages()
    staging.send(IN, pages)
    assert ends.end(staging, IN).state is DONE
    assert ends.tasks() == 1


def test_a_token_that_runs_out_is_renewed(ends: Ends) -> None:
    fault = ends.cloud.faults.slow_copy(20_000)
    staging = ends.staging()
    staging.send(IN, ends.pages())
    ends.when(staging, IN, lambda view: view.moved > 0, "the first bytes")
    ends.cloud.faults.expire_tokens()
    ends.cloud.faults.remove(fault)
    assert ends.end(staging, IN).state is DONE
    assert ends.cloud.stats().requests["GET /v0.10/task/{id}"]["401"] == 1


def test_another_process_goes_on_while_transfer_itself_was_away(ends: Ends) -> None:
    fault = ends.cloud.faults.slow_copy(20_000)
    first, pages = ends.staging(), ends.pages()
    first.send(IN, pages)
    ends.when(first, IN, lambda view: view.moved > 0, "the first bytes")
    ends.cloud.kill_web()
    ends.clock.pass_(SECONDS_A_LOOK)
    with pytest.raises(SiteUnreachable, match="cannot be reached"):
        first.status(IN)
    ends.cloud.restart_web()
    ends.cloud.faults.remove(fault)
    second = ends.staging()
    assert ends.end(second, IN).state is DONE
    assert ends.holds(pages)
    assert ends.tasks() == 1


def test_a_collection_that_is_none_is_named(ends: Ends) -> None:
    nowhere = DataPath(collection=UUID(int=7), root="/scratch/armarius")
    staging = ends.staging(Route("alpha", nowhere, ends.own))
    staging.send(IN, ends.pages())
    view = ends.end(staging, IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert f"alpha's is {UUID(int=7)} (in its site file)" in view.error


def test_more_transfers_than_run_at_once_wait_their_turn(ends: Ends) -> None:
    fault = ends.cloud.faults.slow_copy(20_000)
    staging = ends.staging()
    parcels = ends.pages(5)
    names = [f"job{number}-1-in" for number in range(5)]
    for name, parcel in zip(names, parcels, strict=True):
        staging.send(name, [parcel])
        view = ends.when(staging, name, lambda view: "packed" not in view.message, "the handing over")
    assert view.message == "Queued by Globus Transfer, which runs three at a time for one user."
    ends.cloud.faults.remove(fault)
    for name in names:
        assert ends.end(staging, name).state is DONE
    assert ends.holds(parcels)
