import errno
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armarius.client.campaigns.errors import CampaignDamaged
from armarius.client.campaigns.events import HandedOut, NotHeld, WentOn
from armarius.client.campaigns.log import CampaignLog, read_log

EVENTS = [NotHeld(page=number, message="gone é", again=False, at=float(number)) for number in range(1, 6)]


def written(path: Path) -> Path:
    log = CampaignLog(path)
    log.write(*EVENTS[:2])
    log.write()
    log.write(*EVENTS[2:])
    log.close()
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "log")
    assert read_log(path) == tuple(EVENTS)
    again = CampaignLog(path)
    assert again.events == tuple(EVENTS)
    again.write(WentOn(at=9))
    again.close()
    assert len(read_log(path)) == 6
    assert read_log(tmp_path / "none") == ()


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_line_that_was_cut_off_counts_for_nothing_and_the_rest_goes_on(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        path = written(Path(name) / "log")
        content = path.read_bytes()
        first = content.index(b"\n") + 1
        cut = data.draw(st.integers(first, len(content) - 1))
        rubbish = data.draw(st.sampled_from([b"", b"\0" * 40, b"\0" * 10 + b"\n"]))
        path.write_bytes(content[:cut] + rubbish)
        assert read_log(path) == tuple(EVENTS[:2])
        log = CampaignLog(path)
        assert log.events == tuple(EVENTS[:2])
        log.write(WentOn(at=9))
        log.close()
        assert read_log(path) == (*EVENTS[:2], WentOn(at=9))


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "log")
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    with pytest.raises(CampaignDamaged, match="is damaged after 0 bytes"):
        read_log(path)
    with pytest.raises(CampaignDamaged):
        CampaignLog(path)


def test_what_a_later_version_wrote_is_told(tmp_path: Path) -> None:
    content = b'[{"kind": "flown"}]'
    (tmp_path / "log").write_bytes(b"%08x %s\n" % (zlib.crc32(content), content))
    with pytest.raises(CampaignDamaged, match="install a newer one"):
        read_log(tmp_path / "log")


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "log")
    log = CampaignLog(path)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            log.write(WentOn(at=1))
    log.write(HandedOut(chunk="a" * 8, site="alpha", pages=(1,), at=2))
    log.close()
    assert read_log(path) == (*EVENTS, HandedOut(chunk="a" * 8, site="alpha", pages=(1,), at=2))
