"""The unmodified TransferClient, by way of the local cloud."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from globus_sdk import DeleteData, TransferAPIError, TransferClient, TransferData

from support.cli import until
from support.cloud import LocalCloud

TEXT = b"In principio erat verbum"


@dataclass
class Ways:
    """Two collections, and orders to copy from the first to the second."""

    client: TransferClient
    source: Path
    destination: Path
    source_id: str
    destination_id: str

    def order(self, *names: str, **options: Any) -> TransferData:
        data = TransferData(source_endpoint=self.source_id, destination_endpoint=self.destination_id, **options)
        for name in names:
            data.add_item(f"/{name}", f"/{name}")
        return data

    def submit(self, *names: str, **options: Any) -> str:
        task: str = self.client.submit_transfer(self.order(*names, **options))["task_id"]
        return task

    def end(self, task: str) -> dict[str, Any]:
        until(lambda: self.client.get_task(task)["status"] != "ACTIVE", f"the end of {task}")
        document: dict[str, Any] = self.client.get_task(task).data
        return document

    def until(self, task: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits until what is told of a task is as wanted."""
        until(lambda: true(self.client.get_task(task).data), "another state of the transfer")
        document: dict[str, Any] = self.client.get_task(task).data
        return document

    def codes(self, task: str) -> list[str]:
        return [event["code"] for event in self.client.task_event_list(task)]


@pytest.fixture
def ways(cloud: LocalCloud, transfers: TransferClient, tmp_path: Path) -> Iterator[Ways]:
    source, destination = tmp_path / "source", tmp_path / "destination"
    (source / "pages").mkdir(parents=True)
    destination.mkdir()
    for name in ("a.txt", "pages/1.xml", "pages/2.xml", "pages/notes.tmp"):
        (source / name).write_bytes(TEXT)
    yield Ways(
        transfers, source, destination, cloud.add_collection("here", source), cloud.add_collection("there", destination)
    )


def test_copies(ways: Ways, cloud: LocalCloud) -> None:
    order = ways.order("a.txt", "pages", label="Saint John")
    order.add_filter_rule("*.tmp", method="exclude", type="file")
    task = ways.client.submit_transfer(order)["task_id"]

    assert ways.client.task_wait(task, timeout=30, polling_interval=1)
    document = ways.end(task)
    assert {key: document[key] for key in ("status", "label", "files", "files_transferred", "bytes_transferred")} == {
        "status": "SUCCEEDED", "label": "Saint John", "files": 3, "files_transferred": 3,
        "bytes_transferred": 3 * len(TEXT),
    }  # fmt: skip
    assert (document["fatal_error"], document["is_ok"], document["nice_status"]) == (None, None, None)
    copied = {str(path.relative_to(ways.destination)) for path in ways.destination.rglob("*") if path.is_file()}
    assert copied == {"a.txt", "pages/1.xml", "pages/2.xml"}
    assert {entry["destination_path"] for entry in ways.client.task_successful_transfers(task)} == {
        "/a.txt", "/pages/1.xml", "/pages/2.xml",
    }  # fmt: skip
    assert cloud.stats().transfers[task] == 3 * len(TEXT)


def test_same_submission_id_is_the_same_task(ways: Ways) -> None:
    order = ways.order("a.txt", submission_id=ways.client.get_submission_id()["value"])
    first, second = ways.client.submit_transfer(order), ways.client.submit_transfer(order)
    assert (first["code"], second["code"]) == ("Accepted", "Duplicate")
    assert first["task_id"] == second["task_id"]


def test_lost_answer_to_a_submission_makes_one_task(ways: Ways, cloud: LocalCloud) -> None:
    before = len(cloud.stats().transfers)
    cloud.faults.answer("/v0.10/transfer", 502, after=True)
    answer = ways.client.submit_transfer(ways.order("a.txt"))
    assert answer["code"] == "Duplicate"
    assert ways.end(answer["task_id"])["bytes_transferred"] == len(TEXT)
    assert len(cloud.stats().transfers) == before + 1


def test_sync_by_checksum_moves_nothing_twice(ways: Ways) -> None:
    ways.end(ways.submit("a.txt"))
    document = ways.end(ways.submit("a.txt", sync_level="checksum"))
    assert (document["files_skipped"], document["bytes_transferred"]) == (1, 0)


def test_corrupted_once_is_copied_again(ways: Ways, cloud: LocalCloud) -> None:
    cloud.faults.corrupt_copy("/a.txt")
    task = ways.submit("a.txt")
    document = ways.end(task)
    assert (document["status"], document["faults"]) == ("SUCCEEDED", 1)
    assert document["bytes_transferred"] == 2 * len(TEXT)
    assert "VERIFY_CHECKSUM" in ways.codes(task)
    assert (ways.destination / "a.txt").read_bytes() == TEXT


def test_corrupted_always_fails(ways: Ways, cloud: LocalCloud) -> None:
    cloud.faults.corrupt_copy("/a.txt", times=None)
    document = ways.end(ways.submit("a.txt"))
    assert (document["status"], document["fatal_error"]["code"]) == ("FAILED", "VERIFY_CHECKSUM")
    assert list(ways.destination.iterdir()) == []


def test_wrong_external_checksum_fails(ways: Ways) -> None:
    order = ways.order()
    order.add_item("/a.txt", "/a.txt", external_checksum="0" * 64, checksum_algorithm="SHA256")
    document = ways.end(ways.client.submit_transfer(order)["task_id"])
    assert document["fatal_error"]["code"] == "VERIFY_CHECKSUM"


def test_pause_and_resume(ways: Ways, cloud: LocalCloud) -> None:
    pause = cloud.faults.pause("maintenance until Friday")
    task = ways.submit("a.txt")
    document = ways.until(task, lambda told: told["is_paused"])
    assert (document["status"], document["nice_status"]) == ("ACTIVE", "PAUSED")
    assert document["nice_status_details"] == "maintenance until Friday"
    assert ways.client.task_pause_info(task)["source_pause_message"] == "maintenance until Friday"
    cloud.faults.remove(pause)
    assert ways.end(task)["status"] == "SUCCEEDED"


def test_cancel(ways: Ways, cloud: LocalCloud) -> None:
    cloud.faults.slow_copy(1)
    task = ways.submit("a.txt")
    ways.until(task, lambda told: told["bytes_transferred"] > 0)
    assert ways.client.cancel_task(task)["code"] == "CancelAccepted"
    document = ways.end(task)
    assert (document["status"], document["fatal_error"]["code"]) == ("FAILED", "CANCELED")
    assert ways.client.cancel_task(task)["code"] == "TaskComplete"
    assert list(ways.destination.iterdir()) == []


@pytest.mark.parametrize(("quota", "code"), [(False, "PERMISSION_DENIED"), (True, "QUOTA_EXCEEDED")])
def test_refused_until_it_is_mended(ways: Ways, cloud: LocalCloud, quota: bool, code: str) -> None:
    cloud.change_limits(retry_pause=0.1)
    fault = cloud.faults.refuse_copy("/a.txt", quota=quota)
    task = ways.submit("a.txt")
    document = ways.until(task, lambda told: told["nice_status"] == code)
    assert (document["status"], document["is_ok"]) == ("ACTIVE", False)
    cloud.faults.remove(fault)
    assert ways.end(task)["status"] == "SUCCEEDED"


def test_quota_errors_fail_if_so_asked(ways: Ways, cloud: LocalCloud) -> None:
    cloud.faults.refuse_copy("/a.txt", quota=True)
    document = ways.end(ways.submit("a.txt", fail_on_quota_errors=True))
    assert (document["status"], document["fatal_error"]["code"]) == ("FAILED", "QUOTA_EXCEEDED")


def test_missing_source_is_tried_until_the_deadline(ways: Ways, cloud: LocalCloud) -> None:
    cloud.change_limits(retry_pause=0.1)
    deadline = datetime.now(timezone.utc) + timedelta(seconds=1)
    document = ways.end(ways.submit("nothing", deadline=deadline))
    assert (document["status"], document["fatal_error"]["code"]) == ("FAILED", "EXPIRED")
    assert document["faults"] > 0


def test_missing_source_can_be_skipped(ways: Ways) -> None:
    task = ways.submit("nothing", "a.txt", skip_source_errors=True)
    assert ways.end(task)["subtasks_skipped_errors"] == 1
    assert [entry["source_path"] for entry in ways.client.task_skipped_errors(task)] == ["/nothing"]


def test_three_at_a_time(ways: Ways, cloud: LocalCloud) -> None:
    cloud.change_limits(pending_transfers=4)
    pause = cloud.faults.pause()
    tasks = [ways.submit("a.txt") for _ in range(4)]
    for task in tasks[:3]:
        ways.until(task, lambda told: told["is_paused"])
    assert ways.client.get_task(tasks[3])["nice_status"] == "Queued"
    with pytest.raises(TransferAPIError, match="TooManyPendingJobs"):
        ways.submit("a.txt")
    cloud.faults.remove(pause)
    assert {ways.end(task)["status"] for task in tasks} == {"SUCCEEDED"}


def test_goes_on_after_a_kill(ways: Ways, cloud: LocalCloud) -> None:
    cloud.faults.slow_copy(1, "/pages/*")
    task = ways.submit("a.txt", "pages")
    ways.until(task, lambda told: told["files_transferred"] == 1)
    cloud.kill_web()
    cloud.restart_web()
    cloud.faults.remove()
    document = ways.end(task)
    assert (document["status"], document["files_transferred"]) == ("SUCCEEDED", 4)
    assert not list(ways.destination.rglob("*.part"))


def test_files_and_folders(ways: Ways) -> None:
    ways.client.operation_mkdir(ways.destination_id, "/new")
    ways.client.operation_rename(ways.destination_id, "/new", "/renamed")
    assert [entry["name"] for entry in ways.client.operation_ls(ways.destination_id, path="/~/")] == ["renamed"]
    assert ways.client.operation_stat(ways.source_id, "/a.txt")["size"] == len(TEXT)
    order = DeleteData(endpoint=ways.destination_id, recursive=True)
    order.add_item("/renamed")
    assert ways.end(ways.client.submit_delete(order)["task_id"])["status"] == "SUCCEEDED"
    assert list(ways.destination.iterdir()) == []


@pytest.mark.parametrize(("path", "status"), [("/../..", 403), ("/nothing", 404)])
def test_what_is_not_there(ways: Ways, path: str, status: int) -> None:
    with pytest.raises(TransferAPIError) as error:
        ways.client.operation_ls(ways.source_id, path=path)
    assert error.value.http_status == status
