"""A TransferClient that is no service: it copies between folders when the test says so, and answers as it is told."""

import json
import shutil
import uuid
from collections.abc import Sequence
from concurrent.futures import wait
from pathlib import Path
from typing import Any
from uuid import UUID

import requests
from globus_sdk import TransferAPIError

from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.config import DataPath, OwnCollection
from armarius.client.journal import Journal
from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.client.testing import FakeClock
from armarius.functions.files import sha256_of
from armarius.functions.site import Site, blob_name
from support.control import ControlOnly

OURS = UUID("11111111-1111-1111-1111-111111111111")
THEIRS = UUID("22222222-2222-2222-2222-222222222222")


def refusal(status: int, code: str = "Code", message: str = "what it says", **body: Any) -> TransferAPIError:
    """An error as globus-sdk makes it of an answer."""
    answer = requests.Response()
    answer.status_code = status
    answer.headers["Content-Type"] = "application/json"
    answer._content = json.dumps({"code": code, "message": message, **body}).encode()
    answer.request = requests.Request("GET", "https://transfer.example/").prepare()
    return TransferAPIError(answer)


class FakeTransfer:
    """What ``TransferClient`` answers.

    Attributes:
        tasks: The task documents by id.
        orders: What was handed over, by task id.
        calls: Every method that was called, in order.
        errors: Raised by the next calls, one each.
        pause_info: Who paused it, and why.
    """

    def __init__(self, roots: dict[UUID, Path]) -> None:
        self._roots = {str(collection): root for collection, root in roots.items()}
        self._by_submission: dict[str, str] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.errors: list[Exception] = []
        self.pause_info: dict[str, Any] = {}
        self.closed = False

    def get_submission_id(self) -> dict[str, str]:
        self._called("get_submission_id")
        return {"value": str(uuid.uuid4())}

    def submit_transfer(self, data: Any) -> dict[str, str]:
        self._called("submit_transfer")
        submission = str(data["submission_id"])
        if submission not in self._by_submission:
            task_id = self._by_submission[submission] = f"task-{len(self.tasks) + 1}"
            self.orders[task_id] = dict(data)
            self.tasks[task_id] = {"status": "ACTIVE", "nice_status": "OK", "bytes_transferred": 0, "is_paused": False}
        return {"task_id": self._by_submission[submission]}

    def get_task(self, task_id: str) -> dict[str, Any]:
        self._called("get_task")
        if task_id not in self.tasks:
            raise refusal(404, "ClientError.NotFound.TaskNotFound")
        return self.tasks[task_id]

    def task_pause_info(self, task_id: str) -> dict[str, Any]:
        self._called("task_pause_info")
        return self.pause_info

    def cancel_task(self, task_id: str) -> dict[str, str]:
        self._called("cancel_task")
        if self.tasks[task_id]["status"] == "ACTIVE":
            self.tasks[task_id] |= {"status": "FAILED", "fatal_error": {"code": "CANCELED", "description": "by owner"}}
        return {"code": "Canceled"}

    def close(self) -> None:
        self.closed = True

    # What the test says ------------------------------------------------------------------------------------------

    def tell(self, **fields: Any) -> None:
        """All active tasks are told to be so."""
        for task in self.tasks.values():
            if task["status"] == "ACTIVE":
                task |= fields

    def move(self) -> None:
        """All active tasks are done: the files are copied, and their checksums compared."""
        for task_id, task in self.tasks.items():
            if task["status"] == "ACTIVE":
                task |= self._copied(self.orders[task_id])

    def _copied(self, order: dict[str, Any]) -> dict[str, Any]:
        total = 0
        for item in order["DATA"]:
            source = self._roots[str(order["source_endpoint"])] / item["source_path"].lstrip("/")
            target = self._roots[str(order["destination_endpoint"])] / item["destination_path"].lstrip("/")
            if not source.is_file():
                return {"status": "FAILED", "fatal_error": {"code": "FILE_NOT_FOUND", "description": str(source)}}
            shutil.copyfile(source, target)
            if sha256_of(target) != item["external_checksum"]:
                return {"status": "FAILED", "fatal_error": {"code": "EXTERNAL_CHECKSUM_MISMATCH", "description": "x"}}
            total += target.stat().st_size
        return {"status": "SUCCEEDED", "bytes_transferred": total, "nice_status": None}

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.errors:
            raise self.errors.pop(0)


class Bench:
    """This machine, a site, and Transfer between them; both are seen below other paths than they have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = Site(folder / "theirs" / "scratch" / "armarius")
        self.own = OwnCollection(collection=OURS, path=folder / "ours" / "globus", seen_as="/globus/")
        self.route = Route("alpha", DataPath(collection=THEIRS, root="/scratch/armarius"), self.own)
        self.service = FakeTransfer({OURS: folder / "ours", THEIRS: folder / "theirs"})
        self.compute = ControlOnly(self.site)
        self.clock = FakeClock()
        self.journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
        self.opened: list[GlobusStaging] = []
        self.compute.call("probe", {})
        self.compute.calls.clear()

    def staging(self, service: Any = None, log: Any = None, compute: Any = None) -> GlobusStaging:
        """The adapter of one process."""
        made = GlobusStaging(
            self.route, compute or self.compute, service or self.service, log or self.journal.transfers, self.clock
        )
        self.opened.append(made)
        return made

    def close(self) -> None:
        for each in self.opened:
            each.close()
        self.journal.close()

    def page(self, name: str, content: bytes) -> Parcel:
        """A file on this machine that the site shall get."""
        path = self.folder / "pages" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        sha256 = sha256_of(path)
        return Parcel(path, blob_name(sha256), sha256, len(content))

    def model(self, content: bytes = b"the weights") -> Parcel:
        """A file on the site that shall come home."""
        path = self.site.root / "runs" / "job1-1" / "models" / "best.mlmodel"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        here = self.folder / "results" / "model.mlmodel"
        return Parcel(here, "runs/job1-1/models/best.mlmodel", sha256_of(path), len(content))

    def holds(self, parcels: Sequence[Parcel]) -> bool:
        """Whether the site keeps all of these, whole."""
        return all(
            self.site.blob(each.sha256).is_file() and sha256_of(self.site.blob(each.sha256)) == each.sha256
            for each in parcels
        )

    def left_over(self) -> list[str]:
        """Files that remain in this machine's folder and in the site's inbox."""
        folders = (self.route.outbox, self.route.landing, self.site.root / "inbox")
        return [
            path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.suffix != ".state"
        ]

    def look(self, staging: GlobusStaging, transfer: str) -> TransferView:
        """Looks at a transfer once its archives are packed, and after as long as it wants to be left alone."""
        here = staging._here.get(transfer)
        if here is not None and here.packing is not None:
            wait([here.packing])
        self.clock.pass_(30)
        return staging.status(transfer)

    def settle(self, staging: GlobusStaging, transfer: str) -> TransferView:
        """Looks until a transfer has ended, while Transfer does its work."""
        for _ in range(20):
            view = self.look(staging, transfer)
            if view.state is not TransferState.ACTIVE:
                return view
            self.service.move()
        raise AssertionError(f"the transfer got nowhere: {view}")
