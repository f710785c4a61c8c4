import io
import os
import shutil
import threading
import zipfile
from collections.abc import Callable
from contextlib import suppress
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from armarius.functions import inbox
from armarius.functions.contracts import Bundle
from armarius.functions.errors import BadBundle, BundleBusy, MissingData, NoRoom, NotRegular
from armarius.functions.inbox import KEEP_SECONDS, archive_name, receive_bundle
from armarius.functions.registered import answer
from armarius.functions.site import ROOT_VARIABLE, Site, blob_name

PAGE = b"the bytes of a page"
NAME = blob_name(sha256(PAGE).hexdigest())
OTHER = b"those of another"
OTHER_NAME = blob_name(sha256(OTHER).hexdigest())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def arrive(site: Site, content: bytes, name: str = "job1-1-in-1-1") -> Bundle:
    """Puts bytes where Transfer would, and describes them truly."""
    path = site.root / archive_name(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Bundle(name=name, size=len(content), sha256=sha256(content).hexdigest())


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def files(site: Site) -> set[str]:
    """Everything below the site's root but the notes of what was unpacked."""
    found = {path.relative_to(site.root).as_posix() for path in site.root.rglob("*") if path.is_file()}
    return {path for path in found if not path.endswith(".state")}


def test_files_are_kept_by_content_and_the_archive_goes(site: Site) -> None:
    receive_bundle(site, arrive(site, zipped((NAME, PAGE), (OTHER_NAME, OTHER))))
    assert files(site) == {NAME, OTHER_NAME}
    assert (site.root / NAME).read_bytes() == PAGE


def test_a_second_delivery_is_fine(site: Site) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    receive_bundle(site, bundle)
    receive_bundle(site, bundle)
    arrive(site, zipped((NAME, PAGE)))
    receive_bundle(site, bundle)
    assert files(site) == {NAME}


def test_what_is_there_already_is_left_alone(site: Site) -> None:
    receive_bundle(site, arrive(site, zipped((NAME, PAGE))))
    before = (site.root / NAME).stat().st_ino
    receive_bundle(site, arrive(site, zipped((NAME, PAGE), (OTHER_NAME, OTHER)), "job2-1-in-1-1"))
    assert (site.root / NAME).stat().st_ino == before
    assert files(site) == {NAME, OTHER_NAME}


def test_a_process_that_died_on_the_way_is_followed_by_another(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = arrive(site, zipped((NAME, PAGE), (OTHER_NAME, OTHER)))
    keep, calls = inbox._keep, []

    def dies(*args: object) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        keep(*args)

    monkeypatch.setattr(inbox, "_keep", dies)
    with pytest.raises(KeyboardInterrupt):
        receive_bundle(site, bundle)
    monkeypatch.setattr(inbox, "_keep", keep)
    receive_bundle(site, bundle)
    assert files(site) == {NAME, OTHER_NAME}


def test_what_has_not_arrived_is_said(site: Site) -> None:
    with pytest.raises(MissingData, match="armarius endpoint doctor"):
        receive_bundle(site, Bundle(name="a", size=1, sha256="0" * 64))


def test_two_at_once_are_one(site: Site) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    (site.root / "received").mkdir()
    with (site.root / "received" / f"{bundle.name}.state").open("a+b") as other:
        flock(other, LOCK_EX)
        with pytest.raises(BundleBusy) as caught:
            receive_bundle(site, bundle)
        assert caught.value.transient
    receive_bundle(site, bundle)
    assert files(site) == {NAME}


def test_many_at_once_keep_every_file(site: Site) -> None:
    bundles = [arrive(site, zipped((NAME, PAGE)), f"job{number}-1-in-1-1") for number in range(8)]
    threads = [threading.Thread(target=receive_bundle, args=(site, bundle)) for bundle in bundles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files(site) == {NAME}


# Hostile archives ------------------------------------------------------------------------------------------------


def link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = 0o120777 << 16
    return member


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zipped((NAME, PAGE), (NAME, PAGE))


def encrypted() -> bytes:
    content = bytearray(zipped((NAME, PAGE)))
    content[6] |= 1  # the flag in the local header …
    content[content.index(b"PK\1\2") + 8] |= 1  # … and in the directory
    return bytes(content)


def bomb() -> bytes:
    return zipped((NAME, b"\0" * 30_000_000), compression=zipfile.ZIP_DEFLATED)


def liar() -> bytes:
    """Declares less than it holds."""
    content = bytearray(zipped((NAME, PAGE * 1000), compression=zipfile.ZIP_DEFLATED))
    directory = content.index(b"PK\1\2")
    content[directory + 24 : directory + 28] = (5).to_bytes(4, "little")
    return bytes(content)


class Hostile(NamedTuple):
    make: Callable[[], bytes]
    said: str


HOSTILE = {
    "absolute": Hostile(lambda: zipped(("/etc/cron.d/x", PAGE)), "not named by a digest"),
    "climbing": Hostile(lambda: zipped(("blobs/../../x", PAGE)), "not named by a digest"),
    "climbing from a blob": Hostile(lambda: zipped((f"{NAME}/../../../x", PAGE)), "not named by a digest"),
    "wrong folder": Hostile(lambda: zipped((f"blobs/zz/{NAME[-64:]}", PAGE)), "not named by a digest"),
    "other folder": Hostile(lambda: zipped((f"blobs/00/{NAME[-64:]}", PAGE)), "not named by a digest"),
    "newline": Hostile(lambda: zipped((f"{NAME}\n", PAGE)), "not named by a digest"),
    "run": Hostile(lambda: zipped(("runs/job1-1/report.json", PAGE)), "not named by a digest"),
    "folder": Hostile(lambda: zipped(("blobs/", b"")), "not named by a digest"),
    "backslash": Hostile(lambda: zipped(("blobs\\..\\x", PAGE)), "not named by a digest"),
    "link": Hostile(lambda: zipped((link(NAME), b"/etc/passwd")), "no regular file"),
    "twice": Hostile(twice, "twice"),
    "other content": Hostile(lambda: zipped((NAME, OTHER)), "another content"),
    "bomb": Hostile(bomb, "would unpack to 30000000 bytes"),
    "liar": Hostile(liar, "no archive that can be read|another content"),
    "encrypted": Hostile(encrypted, "encrypted"),
    "bzip2": Hostile(lambda: zipped((NAME, PAGE), compression=zipfile.ZIP_BZIP2), "unknown way"),
    "nothing": Hostile(lambda: b"", "no archive"),
    "text": Hostile(lambda: b"<html>404</html>", "no archive"),
    "cut off": Hostile(lambda: zipped((NAME, PAGE))[:-30], "no archive"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_no_client_of_ours_sends_is_refused(site: Site, tmp_path: Path, hostile: Hostile) -> None:
    bundle = arrive(site, hostile.make())
    with pytest.raises(BadBundle, match=hostile.said) as caught:
        receive_bundle(site, bundle)
    assert "job1-1-in-1-1" in str(caught.value)
    assert files(site) == set(), "neither the archive nor anything of it remains"
    assert {path.name for path in tmp_path.iterdir()} == {"site"}


def test_too_many_members_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_MEMBERS", 1)
    with pytest.raises(BadBundle, match="more than 1 members"):
        receive_bundle(site, arrive(site, zipped((NAME, PAGE), (OTHER_NAME, OTHER))))


@pytest.mark.parametrize("change", ["size", "digest"])
def test_what_is_not_what_was_sent_is_refused(site: Site, change: str) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    other = {"size": {"size": bundle.size + 1}, "digest": {"sha256": "0" * 64}}[change]
    with pytest.raises(BadBundle, match="damaged or changed"):
        receive_bundle(site, bundle.model_copy(update=other))
    assert files(site) == set()


GOOD = zipped((NAME, PAGE), (OTHER_NAME, OTHER), compression=zipfile.ZIP_DEFLATED)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@example(changes=[(len(GOOD) - 2, 9)])
@example(changes=[(len(GOOD) - 5, 1)])
def test_whatever_arrives_nothing_gets_a_name_that_is_not_its_digest(
    changes: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(GOOD)
    for position, value in changes:
        content[position] = value
    folder = tmp_path_factory.mktemp("hostile")
    site = Site(folder / "site")
    with suppress(BadBundle):
        receive_bundle(site, arrive(site, bytes(content)))
    for path in files(site):
        assert path == blob_name(sha256((site.root / path).read_bytes()).hexdigest())
    assert [path.name for path in folder.iterdir()] == ["site"]
    shutil.rmtree(folder)


def linked(site: Site, bundle: Bundle, *, at: str) -> Path:
    """Puts a link to a file of the account where the site opens a file of its own."""
    precious = site.root.parent / "precious"
    precious.write_bytes(b"\xff\xfe not of this site")
    path = site.root / at
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(precious)
    return precious


@pytest.mark.parametrize("at", ["received/job1-1-in-1-1.state", "inbox/job1-1-in-1-1.zip"])
def test_a_link_is_not_followed(site: Site, at: str) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    precious = linked(site, bundle, at=at)
    with pytest.raises(NotRegular, match="is a link"):
        receive_bundle(site, bundle)
    assert precious.read_bytes() == b"\xff\xfe not of this site"
    assert not (site.root / NAME).exists()


def test_a_state_in_the_inbox_is_of_no_account(site: Site) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    precious = linked(site, bundle, at="inbox/job1-1-in-1-1.state")
    receive_bundle(site, bundle)
    assert (site.root / NAME).read_bytes() == PAGE
    assert precious.read_bytes() == b"\xff\xfe not of this site"


def test_a_note_of_other_bytes_counts_for_nothing(site: Site) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    note = site.root / "received" / f"{bundle.name}.state"
    note.parent.mkdir()
    note.write_bytes(b"\xff\xfe" * 300)
    receive_bundle(site, bundle)
    assert (site.root / NAME).read_bytes() == PAGE
    assert note.read_text() == bundle.sha256


@pytest.mark.parametrize("damaged", [PAGE[:-1], PAGE[:-1] + b"E"], ids=["truncated", "flipped"])
def test_a_damaged_file_is_healed_by_the_next_archive(site: Site, damaged: bytes) -> None:
    receive_bundle(site, arrive(site, zipped((NAME, PAGE))))
    (site.root / NAME).write_bytes(damaged)
    receive_bundle(site, arrive(site, zipped((NAME, PAGE)), "job2-1-in-1-1"))
    assert (site.root / NAME).read_bytes() == PAGE


def test_an_archive_that_is_too_large_is_not_even_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_UNPACKED", 50)
    monkeypatch.setattr(inbox, "sha256_of_stream", lambda _: pytest.fail("it was read"))
    with pytest.raises(BadBundle, match="50 are the most"):
        receive_bundle(site, arrive(site, zipped((NAME, PAGE))))
    assert files(site) == set()


def test_too_many_members_are_found_before_python_reads_them(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_MEMBERS", 5)
    content = zipped(*((f"blobs/{number}", b"") for number in range(10)))
    monkeypatch.setattr(inbox.zipfile, "ZipFile", lambda *_: pytest.fail("it was parsed"))
    with pytest.raises(BadBundle, match="more than 5 members"):
        receive_bundle(site, arrive(site, content))


# The disk --------------------------------------------------------------------------------------------------------


def test_a_site_without_room_says_so_beforehand(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    usage = shutil.disk_usage(site.root)
    monkeypatch.setattr(inbox.shutil, "disk_usage", lambda _: usage._replace(free=3))
    with pytest.raises(NoRoom, match="0 MB free"):
        receive_bundle(site, bundle)
    assert files(site) == set()


@pytest.mark.parametrize(("number", "error"), [(28, NoRoom), (122, NoRoom), (5, OSError)])
def test_a_disk_that_fails_on_the_way(
    site: Site, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))

    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(inbox, "_keep", fails)
    with pytest.raises(error):
        receive_bundle(site, bundle)
    assert bool(files(site)) is (error is OSError), "an archive that may be read another time is kept"


def test_what_nobody_asked_for_goes_after_two_weeks(site: Site) -> None:
    bundle = arrive(site, zipped((NAME, PAGE)))
    for name, age in (("old.zip", KEEP_SECONDS + 60), ("new.zip", KEEP_SECONDS - 60)):
        path = site.root / "inbox" / name
        path.write_bytes(b"x")
        at = path.stat().st_mtime - age
        os.utime(path, (at, at))
    receive_bundle(site, bundle)
    assert files(site) == {NAME, "inbox/new.zip"}


# Over the wire ---------------------------------------------------------------------------------------------------


def test_a_client_far_away_reads_why(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(site.root))
    bundle = arrive(site, zipped((NAME, OTHER)))
    said = answer("receive", {"bundle": bundle.model_dump(mode="json")})
    assert said["answer"] is None
    assert (said["refusal"]["error"], said["refusal"]["transient"]) == ("BadBundle", False)
    good = arrive(site, zipped((NAME, PAGE)))
    assert answer("receive", {"bundle": good.model_dump(mode="json")}) == {"answer": {}, "refusal": None}
    assert answer("receive", {"bundle": {**good.model_dump(), "name": "../x"}})["refusal"]["error"] == "BadMessage"


def test_the_inbox_is_there_after_a_probe(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(site.root))
    assert answer("probe", {})["refusal"] is None
    assert (site.root / "inbox").is_dir()
