from pathlib import Path

from armarius.functions.contents import contents
from armarius.functions.contracts import Contents
from armarius.functions.site import Site


def test_a_fresh_site_keeps_nothing(tmp_path: Path) -> None:
    assert contents(Site(tmp_path)) == Contents()


def test_what_it_keeps_is_counted(tmp_path: Path) -> None:
    for name, size in (("blobs/ab/abc", 3), ("blobs/cd/cde", 5), ("compiled/key/data.arrow", 7), ("runs/r/x", 100)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"." * size)
    assert contents(Site(tmp_path)) == Contents(blobs=2, blob_bytes=8, compiled=1, compiled_bytes=7)


def test_links_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "link").symlink_to(tmp_path, target_is_directory=True)
    assert contents(Site(tmp_path)) == Contents()


def test_it_says_when_there_was_no_time_to_count_all(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / "blobs" / str(number)).mkdir(parents=True)
        (tmp_path / "blobs" / str(number) / "file").write_bytes(b".")
    counted = contents(Site(tmp_path), patience=0)
    assert not counted.whole
    assert counted.blobs < 200
