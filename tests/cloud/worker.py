"""One task of Transfer, being done."""

import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cloud.config import Limits
from cloud.copying import File, digest, is_up_to_date, walk
from cloud.errors import ApiError
from cloud.faults import CorruptCopy, FaultBook, Pause, Refuse, Slow
from cloud.storage import Collections
from cloud.transfers import Transfers

Wait = Callable[[Callable[[], bool], float | None], bool]
"""Waits until something is over, or for some seconds; tells whether it is."""

logger = logging.getLogger(__name__)

_BLOCK = 1 << 20
_SLOW_BLOCKS_A_SECOND = 10


class _End(Exception):
    """The task ends without success."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.error = {"code": code, "description": description}


class _Trouble(Exception):
    """Something did not work, and is to be tried again."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Worker:
    """Does one task, from where it was left.

    Args:
        task_id: Which.
        transfers: All tasks.
        collections: Where files are.
        faults: What is to go wrong.
        limits: How stubbornly to try again.
        wait: See `Wait`.
    """

    def __init__(
        self,
        task_id: str,
        transfers: Transfers,
        collections: Collections,
        faults: FaultBook,
        limits: Limits,
        wait: Wait,
    ) -> None:
        found = transfers.find(task_id)
        assert found is not None, task_id
        self._transfer = found
        self._document = found.document
        self._progress = found.progress
        self._transfers = transfers
        self._collections = collections
        self._faults = faults
        self._limits = limits
        self._wait = wait

    def run(self) -> None:
        """Does it to the end."""
        self._progress.be_well()
        self._progress.log("STARTED", "started")
        self._save()
        try:
            self._until_it_works(self._delete if self._transfer.is_delete else self._copy_all)
            self._progress.end(None)
            self._transfers.save(self._transfer.id, self._progress, "SUCCEEDED")
        except _End as end:
            self._fail(end.error)
        except Exception as error:
            logger.exception("transfer %s", self._transfer.id)
            self._fail({"code": "INTERNAL_ERROR", "description": repr(error)})

    def _fail(self, error: dict[str, str]) -> None:
        self._progress.end(error)
        self._transfers.save(self._transfer.id, self._progress, "FAILED")

    def _save(self) -> None:
        self._transfers.save(self._transfer.id, self._progress)

    def _until_it_works(self, work: Callable[[], None]) -> None:
        while True:
            try:
                self._check()
                return work()
            except _Trouble as trouble:
                self._progress.be_troubled(trouble.code, trouble.description)
            except ApiError as error:
                raise _End("PERMISSION_DENIED", str(error)) from error
            except OSError as error:
                self._progress.be_troubled("UNKNOWN", f"{type(error).__name__}: {error}")
            self._save()
            self._wait(self._is_cancelled, self._limits.retry_pause)

    def _is_cancelled(self) -> bool:
        return self._transfers.is_cancelled(self._transfer.id)

    def _check(self) -> None:
        """Stops here if the task is cancelled or late; waits here while it is paused."""
        if self._is_cancelled():
            raise _End("CANCELED", "canceled by the user")
        if datetime.now(timezone.utc) > self._transfer.deadline:
            raise _End("EXPIRED", "the deadline has passed")
        if pause := self._faults.standing(Pause, self._transfer.id):
            self._progress.be_paused(pause.message)
            self._progress.log("PAUSED", pause.message)
            self._save()
            self._wait(lambda: self._is_cancelled() or not self._faults.standing(Pause, self._transfer.id), None)
            self._progress.be_well()
            self._progress.log("UNPAUSED", "resumed")
            self._save()
            self._check()

    def _delete(self) -> None:
        for item in self._document["DATA"]:
            path = self._collections.locate(self._document["endpoint"], item["path"])
            if path.is_dir() and not self._document.get("recursive"):
                raise _End("IS_A_DIRECTORY", f"{item['path']} is a folder, and the deletion is not recursive")
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists() or not self._document.get("ignore_missing"):
                self._remove(path, item["path"])
            self._progress.files += 1

    def _remove(self, path: Path, name: str) -> None:
        try:
            path.unlink()
        except FileNotFoundError as error:
            raise _Trouble("FILE_NOT_FOUND", f"there is no {name}") from error

    def _copy_all(self) -> None:
        self._progress.directories = 0
        files = [file for item in self._document["DATA"] for file in self._files(item)]
        done = {entry["destination_path"] for entry in self._progress.successful}
        self._progress.files = len(files)
        self._progress.subtasks_total = len(files) + self._progress.subtasks_skipped_errors
        self._save()
        for file in files:
            if file.destination_path not in done:
                self._copy_unless_up_to_date(file)

    def _files(self, item: dict[str, Any]) -> Iterator[File]:
        """Yields the files of one item; makes the folders for them."""
        source = self._collections.locate(self._document["source_endpoint"], item["source_path"])
        destination = self._collections.locate(self._document["destination_endpoint"], item["destination_path"])
        if source.is_dir() and item.get("recursive") is not False:
            yield from self._files_of_folder(item, source, destination)
        elif source.is_dir():
            raise _End("IS_A_DIRECTORY", f"{item['source_path']} is a folder, and the item is not recursive")
        elif source.is_file():
            yield self._file(item, source, destination, "")
        else:
            self._miss(item["source_path"])

    def _files_of_folder(self, item: dict[str, Any], source: Path, destination: Path) -> Iterator[File]:
        destination.mkdir(parents=True, exist_ok=True)
        for relative, is_folder in walk(source, self._document.get("filter_rules")):
            if is_folder:
                (destination / relative).mkdir(parents=True, exist_ok=True)
                self._progress.directories += 1
            else:
                yield self._file(item, source / relative, destination / relative, f"/{relative}")

    def _file(self, item: dict[str, Any], source: Path, destination: Path, below: str) -> File:
        checksum = item.get("external_checksum")
        return File(
            source=source,
            destination=destination,
            source_path=item["source_path"].rstrip("/") + below,
            destination_path=item["destination_path"].rstrip("/") + below,
            algorithm=item.get("checksum_algorithm") or ("MD5" if checksum else "SHA256"),
            checksum=checksum,
        )

    def _miss(self, path: str) -> None:
        """A source is not there."""
        if not self._document.get("skip_source_errors"):
            raise _Trouble("FILE_NOT_FOUND", f"there is no {path}")
        if all(entry["source_path"] != path for entry in self._progress.skipped):
            self._progress.subtasks_skipped_errors += 1
            self._progress.skipped.append(
                {"DATA_TYPE": "skipped_error", "source_path": path, "error_code": "FILE_NOT_FOUND"}
            )

    def _copy_unless_up_to_date(self, file: File) -> None:
        if is_up_to_date(file, self._document.get("sync_level")):
            self._progress.files_skipped += 1
        else:
            self._copy(file)
            self._progress.files_transferred += 1
            self._progress.successful.append(
                {
                    "DATA_TYPE": "successful_transfer",
                    "source_path": file.source_path,
                    "destination_path": file.destination_path,
                    "size": file.destination.stat().st_size,
                }
            )
        self._progress.subtasks_succeeded += 1
        self._progress.be_well()
        self._save()

    def _copy(self, file: File) -> None:
        """Copies one file, and checks it. It appears under its name when it is whole."""
        self._refuse(file)
        file.destination.parent.mkdir(parents=True, exist_ok=True)
        part = file.destination.with_name(f"{file.destination.name}.{self._transfer.id[:8]}.part")
        try:
            for attempt in range(1, self._limits.copy_attempts + 1):
                self._copy_bytes(file, part)
                if self._is_right(file, part, last=attempt == self._limits.copy_attempts):
                    break
            if self._document.get("preserve_timestamp"):
                shutil.copystat(file.source, part)
            part.replace(file.destination)
        finally:
            part.unlink(missing_ok=True)

    def _refuse(self, file: File) -> None:
        if fault := self._faults.take(Refuse, file.destination_path):
            description = f"Denied by endpoint: {file.destination_path}: {fault.code.replace('_', ' ').lower()}"
            quota = fault.code == "QUOTA_EXCEEDED" and self._document.get("fail_on_quota_errors")
            raise _End(fault.code, description) if fault.fatal or quota else _Trouble(fault.code, description)

    def _copy_bytes(self, file: File, part: Path) -> None:
        with file.source.open("rb") as source, part.open("wb") as destination:
            while block := source.read(self._block_size(file)):
                self._check()
                destination.write(block)
                self._progress.bytes_transferred += len(block)
                self._save()
                self._trickle(file, len(block))
        if self._faults.take(CorruptCopy, file.destination_path):
            with part.open("r+b") as spoilt:
                first = spoilt.read(1)
                spoilt.seek(0)
                spoilt.write(bytes([first[0] ^ 0xFF]) if first else b"?")

    def _block_size(self, file: File) -> int:
        slow = self._faults.standing(Slow, file.destination_path)
        return max(1, slow.bytes_per_second // _SLOW_BLOCKS_A_SECOND) if slow else _BLOCK

    def _trickle(self, file: File, size: int) -> None:
        if slow := self._faults.standing(Slow, file.destination_path):
            self._wait(self._is_cancelled, size / slow.bytes_per_second)

    def _is_right(self, file: File, part: Path, *, last: bool) -> bool:
        """Tells whether a copy has the checksum that it should have."""
        if not self._document.get("verify_checksum", True) and file.checksum is None:
            return True
        wanted, found = file.checksum or digest(file.source, file.algorithm), digest(part, file.algorithm)
        self._progress.bytes_checksummed += part.stat().st_size
        if wanted == found:
            return True
        description = f"{file.destination_path} has the {file.algorithm} checksum {found} instead of {wanted}"
        # A checksum that the user gave is not a matter of trying again.
        if last or file.checksum is not None:
            raise _End("VERIFY_CHECKSUM", description)
        self._progress.be_troubled("VERIFY_CHECKSUM", description)
        self._save()
        return False
