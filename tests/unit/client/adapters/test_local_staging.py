from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.adapters.local_staging import LocalStaging
from armarius.client.ports import Parcel, TransferState
from armarius.functions.contracts import ArmariusError
from armarius.functions.files import sha256_of
from support.cli import until


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[LocalStaging]:
    made = LocalStaging(tmp_path / "site")
    yield made
    made.close()


def parcel(path: Path, content: bytes = b"page", there: str = "blobs/ab/page") -> Parcel:
    path.write_bytes(content)
    return Parcel(path, there, sha256_of(path), len(content))


def settled(staging: LocalStaging, transfer: str) -> TransferState:
    until(lambda: staging.status(transfer).state is not TransferState.ACTIVE, "the end of a transfer")
    return staging.status(transfer).state


def test_there_and_back(staging: LocalStaging, tmp_path: Path) -> None:
    sent = parcel(tmp_path / "page 1.jpg")
    staging.send("t1", [sent])
    assert settled(staging, "t1") is TransferState.DONE
    assert staging.status("t1").moved == staging.status("t1").total == 4
    back = Parcel(tmp_path / "home" / "page.jpg", sent.there, sent.sha256, sent.size)
    staging.fetch("t2", [back])
    assert settled(staging, "t2") is TransferState.DONE
    assert back.here.read_bytes() == b"page"


def test_the_same_transfer_twice_is_one(staging: LocalStaging, tmp_path: Path) -> None:
    sent = parcel(tmp_path / "page.jpg")
    staging.send("t1", [sent])
    settled(staging, "t1")
    (tmp_path / "site" / sent.there).unlink()
    staging.send("t1", [sent])
    assert settled(staging, "t1") is TransferState.DONE
    assert not (tmp_path / "site" / sent.there).exists()


def test_an_image_that_was_changed_since_is_named(staging: LocalStaging, tmp_path: Path) -> None:
    sent = parcel(tmp_path / "page.jpg")
    sent.here.write_bytes(b"edit")
    staging.send("t1", [sent])
    assert settled(staging, "t1") is TransferState.FAILED
    assert "page.jpg" in staging.status("t1").error
    assert not (tmp_path / "site" / sent.there).exists()


def test_an_image_that_is_gone_is_named(staging: LocalStaging, tmp_path: Path) -> None:
    sent = parcel(tmp_path / "page.jpg")
    sent.here.unlink()
    staging.send("t1", [sent])
    assert settled(staging, "t1") is TransferState.FAILED
    assert "page.jpg" in staging.status("t1").error


@pytest.mark.parametrize("there", ["../outside", "/etc/passwd", "blobs/../../outside"])
def test_nothing_leaves_the_root_of_the_site(staging: LocalStaging, tmp_path: Path, there: str) -> None:
    with pytest.raises(ArmariusError, match="leave the site's root"):
        staging.send("t1", [parcel(tmp_path / "page.jpg", there=there)])
    assert staging.status("t1").state is TransferState.UNKNOWN
    assert not (tmp_path / "outside").exists()


def test_a_transfer_of_an_earlier_process_is_unknown(staging: LocalStaging) -> None:
    assert staging.status("t0").state is TransferState.UNKNOWN
