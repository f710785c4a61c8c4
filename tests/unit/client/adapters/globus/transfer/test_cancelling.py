from typing import Any

import pytest

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.errors import JournalUnreachable, SiteUnreachable
from armarius.client.ports import Parcel

from .transfer_bench import Bench, refusal
from .under_way import DONE, IN, UNKNOWN, under_way


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

    made.journal.transfers.note = dies
    with pytest.raises(JournalUnreachable):
        made.look(first, IN)
    made.journal.transfers.note = task_noted
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
