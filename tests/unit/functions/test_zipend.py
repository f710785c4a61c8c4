import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.zipend import count_members


def zipped(members: int, *, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(members):
            archive.writestr(f"blobs/{number}", b"")
        archive.comment = comment
    return stream.getvalue()


def count(content: bytes, most: int = 100) -> int:
    return count_members(io.BytesIO(content), most)


@given(st.integers(0, 30))
def test_counts_as_python_does(members: int) -> None:
    assert count(zipped(members)) == members


def test_counts_those_of_a_large_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    content = zipped(9)
    assert b"PK\6\6" in content
    assert count(content) == 9


def test_stops_when_there_are_more() -> None:
    assert count(zipped(50), most=10) == 11


def test_what_the_end_says_of_the_number_binds_nobody() -> None:
    content = bytearray(zipped(50))
    content[-14:-10] = struct.pack("<2H", 1, 1)
    assert count(bytes(content), most=10) == 11


def test_a_long_directory_is_not_even_read() -> None:
    content = bytearray(zipped(50))
    assert count(bytes(content), most=1) == 2


@pytest.mark.parametrize("content", [b"", b"PK", b"<html>" * 9, zipped(1, comment=b"hello"), zipped(1)[:-1]])
def test_what_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(zipfile.BadZipFile):
        count(content)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(content: bytes) -> None:
    for end in (b"", zipped(0), zipped(2)[-120:]):
        try:
            assert 0 <= count(content + end, most=5) <= 6
        except zipfile.BadZipFile:
            continue
