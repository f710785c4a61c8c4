"""What arrives at a site in archives: checked member by member, and kept by content.

Transfer brings an archive into the site's directory ``inbox``; the client then calls ``receive``. An archive is a zip
file whose members are named like the files that a site keeps, ``blobs/xx/DIGEST``, and nothing else. Whoever can write
into the directory is not trusted: a member becomes a file only if its content has the digest that names it, and no name
in an archive ever becomes a path.
"""

import errno
import os
import re
import shutil
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from pathlib import Path
from typing import IO

from armarius.functions.contracts import Bundle
from armarius.functions.errors import BadBundle, BundleBusy, MissingData, NoRoom, NotRegular
from armarius.functions.files import CHUNK, open_own, replacing, sha256_of, sha256_of_stream
from armarius.functions.site import Site, blob_name
from armarius.functions.zipend import count_members

INBOX = "inbox"
"""The directory below a site's root that Transfer writes into."""

RECEIVED = "received"
"""The directory below a site's root where it notes what it has unpacked; no path for Transfer."""

MOST_MEMBERS = 200_000
MOST_UNPACKED = 64 << 30
"""Bytes that an archive may have, and may unpack to."""

MOST_GROWTH = 300
"""How many times its size an archive may unpack to: JSON and text reach some twenty, a zip bomb a thousand."""

KEEP_SECONDS = 14 * 86_400
"""After this, what nobody asked for is deleted: leftovers of transfers that were given up."""

_MEMBER = re.compile(r"blobs/[0-9a-f]{2}/([0-9a-f]{64})\Z")
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAKE_ROOM = "Its operator can make room; or use another site."


def archive_name(bundle: str) -> str:
    """Returns where an archive arrives, relative to a site's root."""
    return f"{INBOX}/{bundle}.zip"


def open_inbox(site: Site) -> Path:
    """Returns the directory for archives, which is made if it is missing."""
    folder = site.root / INBOX
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def receive_bundle(site: Site, bundle: Bundle) -> None:
    """Keeps the files of an archive that has arrived, and deletes it. Doing so twice is doing it once.

    What can be kept is kept even if a later member is bad: a file that has the digest of its name does no harm.

    Raises:
        MissingData: It has not arrived.
        BundleBusy: Another process is unpacking it.
        BadBundle: It is not what was sent, or holds what no client of ours sends. It is deleted.
        NoRoom: The site's disk cannot hold it.
        NotRegular: A link is where the archive or its note should be.
    """
    received = site.root / RECEIVED
    received.mkdir(parents=True, exist_ok=True)
    for folder in (open_inbox(site), received):
        _sweep(folder)
    archive = site.root / archive_name(bundle.name)
    with _alone(received / f"{bundle.name}.state", bundle) as record:
        if record.read(len(bundle.sha256) + 1) == bundle.sha256.encode():
            archive.unlink(missing_ok=True)
            return
        _require(archive)
        try:
            with os.fdopen(open_own(archive), "rb") as opened:
                _unpack(site, opened, bundle)
        except (BadBundle, NoRoom, NotRegular):
            archive.unlink(missing_ok=True)
            raise
        _note(record, bundle)
        archive.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path, bundle: Bundle) -> Iterator[IO[bytes]]:
    """Opens the file that is both a lock and the record of what was unpacked, while nobody else has it."""
    with os.fdopen(open_own(path, os.O_RDWR | os.O_CREAT), "r+b") as record:
        try:
            flock(record, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise BundleBusy(bundle.name) from None
        yield record


def _note(record: IO[bytes], bundle: Bundle) -> None:
    """Writes down that an archive was unpacked. What it held is on the disk already."""
    record.seek(0)
    record.truncate()
    record.write(bundle.sha256.encode())
    record.flush()
    os.fsync(record.fileno())


def _require(archive: Path) -> None:
    if not os.path.lexists(archive):
        raise MissingData(
            f"Globus Transfer says that {archive.name} has arrived, but it is not in {archive.parent}.",
            "Does the path of the collection lead to the site's root? Check it with: armarius endpoint doctor.",
        )


def _unpack(site: Site, archive: IO[bytes], bundle: Bundle) -> None:
    if bundle.size > MOST_UNPACKED:
        raise BadBundle(bundle.name, f"it has {bundle.size} bytes; {MOST_UNPACKED} are the most")
    if os.fstat(archive.fileno()).st_size != bundle.size or sha256_of_stream(archive) != bundle.sha256:
        raise BadBundle(bundle.name, "it was damaged or changed after it had arrived")
    try:
        if count_members(archive, MOST_MEMBERS) > MOST_MEMBERS:
            raise BadBundle(bundle.name, f"it has more than {MOST_MEMBERS} members")
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            _check(bundle, members)
            _check_room(site, bundle, members)
            for member in members:
                _keep(site, bundle, opened, member)
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom(f"The site's disk is full: {bundle.name} cannot be unpacked.", _MAKE_ROOM) from error
        if error.errno == errno.EINVAL:  # a place before the beginning of the file, of which the archive speaks
            raise BadBundle(bundle.name, "it is no archive that can be read") from error
        raise
    # What zipfile raises on bytes that are no archive, or one that it cannot read.
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise BadBundle(bundle.name, f"it is no archive that can be read ({error})") from error


def _check(bundle: Bundle, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuses an archive before anything of it is unpacked."""
    names = {member.filename for member in members}
    if len(names) != len(members):
        raise BadBundle(bundle.name, "it names a file twice")
    if total := _unpacked(members):
        allowed = min(MOST_UNPACKED, MOST_GROWTH * bundle.size)
        if total > allowed:
            raise BadBundle(bundle.name, f"it would unpack to {total} bytes; {allowed} are the most for its size")
    for member in members:
        if what := _strange(member):
            raise BadBundle(bundle.name, f"its member {member.filename[:100]!r} {what}")


def _strange(member: zipfile.ZipInfo) -> str:
    """Says what no client of ours would send; empty where nothing is strange."""
    match = _MEMBER.match(member.filename)
    if match is None or member.filename != blob_name(match[1]):
        return "is not named by a digest"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is no regular file"
    if member.flag_bits & _ENCRYPTED or member.compress_type not in _COMPRESSIONS:
        return "is encrypted, or packed in an unknown way"
    return ""


def _unpacked(members: Sequence[zipfile.ZipInfo]) -> int:
    return sum(member.file_size for member in members)


def _check_room(site: Site, bundle: Bundle, members: Sequence[zipfile.ZipInfo]) -> None:
    free = shutil.disk_usage(site.root).free
    if (needed := _unpacked(members)) > free:
        raise NoRoom(
            f"The site has {free / 1e6:.0f} MB free; unpacking {bundle.name} needs {needed / 1e6:.0f} MB.", _MAKE_ROOM
        )


def _keep(site: Site, bundle: Bundle, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Writes one member to its place in one step, if its content has the digest of its name."""
    digest = Path(member.filename).name
    target = site.blob(digest)
    if target.is_file() and target.stat().st_size == member.file_size and sha256_of(target) == digest:
        return  # one that has been damaged since is written anew
    found = sha256()
    # zipfile reads no more than the size that the archive declares, which was checked.
    with replacing(target) as temporary, archive.open(member) as source, temporary.open("wb") as writer:
        while chunk := source.read(CHUNK):
            found.update(chunk)
            writer.write(chunk)
        if found.hexdigest() != digest:
            raise BadBundle(bundle.name, f"its member {digest[:12]} has another content than its name says")


def _sweep(folder: Path) -> None:
    """Deletes what has lain there too long."""
    for path in folder.iterdir():
        try:
            if path.is_file() and time.time() - path.stat().st_mtime > KEEP_SECONDS:
                path.unlink()
        except FileNotFoundError:  # another process swept it
            continue
