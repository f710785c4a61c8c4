import zipfile
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armarius.client.adapters.globus.transfer.bundles import pack_bundles, packed_size
from armarius.client.ports import Parcel
from armarius.functions.contracts import Bundle
from armarius.functions.errors import DamagedFile
from armarius.functions.files import sha256_of
from armarius.functions.inbox import archive_name, receive_bundle
from armarius.functions.site import Site, blob_name


def parcel(path: Path, content: bytes) -> Parcel:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    sha256 = sha256_of(path)
    return Parcel(path, blob_name(sha256), sha256, len(content))


def packed(folder: Path, parcels: list[Parcel], prefix: str = "job1-1-in-1", **options: int) -> tuple[Bundle, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    return pack_bundles(parcels, lambda name: folder / f"{name}.zip", prefix, **options)


CONTENTS = st.lists(
    st.tuples(st.sampled_from([".json", ".jpg", ".tif", "", ".safetensors"]), st.binary(max_size=5000)),
    min_size=1,
    max_size=8,
    unique_by=lambda each: each[1],
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contents=CONTENTS, most=st.sampled_from([1, 100, 6000, 1 << 30]))
def test_what_is_packed_is_received(
    contents: list[tuple[str, bytes]], most: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bundles")
    site = Site(folder / "site")
    parcels = [parcel(folder / "here" / f"{n}{suffix}", content) for n, (suffix, content) in enumerate(contents)]
    bundles = packed(site.root / "inbox", parcels, most=most)
    assert sum(bundle.size for bundle in bundles) <= packed_size(parcels) + 22 * len(bundles)
    for bundle in bundles:
        receive_bundle(site, bundle)
        receive_bundle(site, bundle)
        assert not (site.root / archive_name(bundle.name)).exists()
    for each in parcels:
        assert site.blob(each.sha256).read_bytes() == each.here.read_bytes()


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    parcels = [parcel(tmp_path / f"p{number}.jpg", bytes([number]) * 99) for number in range(5)]
    first = packed(tmp_path / "one", parcels)
    for each in parcels:
        each.here.chmod(0o600)
        each.here.touch()
    assert packed(tmp_path / "two", parcels[::-1]) == first


def test_text_is_deflated_and_images_are_stored(tmp_path: Path) -> None:
    parcels = [parcel(tmp_path / "manifest.json", b"[1, 2]" * 999), parcel(tmp_path / "p.jpg", b"image" * 999)]
    packed(tmp_path / "out", parcels)
    with zipfile.ZipFile(tmp_path / "out" / "job1-1-in-1-1.zip") as archive:
        sizes = {member.filename: member.compress_size for member in archive.infolist()}
    assert sizes[parcels[0].there] < 100
    assert sizes[parcels[1].there] == 999 * 5


def test_a_large_file_has_an_archive_of_its_own(tmp_path: Path) -> None:
    parcels = [parcel(tmp_path / f"{size}.jpg", b"x" * size) for size in (10, 20, 300, 30, 40)]
    bundles = packed(tmp_path / "out", parcels, most=100)
    held = []
    for bundle in bundles:
        with zipfile.ZipFile(tmp_path / "out" / f"{bundle.name}.zip") as archive:
            held.append(sum(member.file_size for member in archive.infolist()))
    assert sorted(held)[-1] == 300
    assert sum(held) == 400
    assert all(size <= 100 for size in sorted(held)[:-1])
    assert [bundle.name for bundle in bundles] == [f"job1-1-in-1-{number + 1}" for number in range(len(bundles))]


@pytest.mark.parametrize("content", [b"edit", b"a longer one", b""])
def test_a_file_that_was_changed_is_not_packed(tmp_path: Path, content: bytes) -> None:
    parcels = [parcel(tmp_path / "p1.jpg", b"page")]
    parcels[0].here.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"p1\.jpg"):
        packed(tmp_path / "out", parcels)
    assert list((tmp_path / "out").iterdir()) == []


def test_it_stops_when_told(tmp_path: Path) -> None:
    parcels = [parcel(tmp_path / f"p{number}.jpg", bytes([number])) for number in range(5)]
    looks = iter([False, False, True])
    with pytest.raises(CancelledError):
        pack_bundles(parcels, lambda name: tmp_path / "out" / name, "a", stopped=lambda: next(looks))
    assert list((tmp_path / "out").iterdir()) == []
