from datetime import datetime

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.ports import Parcel

from .transfer_bench import Bench
from .under_way import DONE, IN, OUT, UNKNOWN, under_way


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
