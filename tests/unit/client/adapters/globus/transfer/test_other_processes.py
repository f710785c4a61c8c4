from types import SimpleNamespace
from typing import Any

import pytest

from armarius.client.adapters.globus.transfer import service as staging_service
from armarius.client.errors import LeaseLost, SiteUnreachable
from armarius.client.journal import TransferStage
from armarius.client.ports import Parcel

from .transfer_bench import Bench, refusal
from .under_way import ACTIVE, DONE, IN, OUT, UNKNOWN, stage, under_way


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
    made.service.submit_transfer = lambda _: (_ for _ in ()).throw(refusal(502))
    with pytest.raises(SiteUnreachable):
        made.look(staging, IN)
    made.service.submit_transfer = lambda _: (_ for _ in ()).throw(refusal(403))
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
    made = staging_service.transfer_client(object())
    assert made.transport.http_timeout == 20
    assert seen["retry_config"].max_retries * seen["retry_config"].max_sleep < 10
