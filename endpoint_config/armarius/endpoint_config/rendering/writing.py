"""Bringing rendered files to an endpoint's directory: all or none, and never over an edit by hand."""

import hashlib
import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from armarius.endpoint_config.errors import BadFolder, HandEdited
from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.record import FunctionRecord
from armarius.endpoint_config.rendering.plan import planned
from armarius.functions.files import write_bytes


class Change(str, Enum):
    """What rendering does to a file."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REMOVED = "removed"


@dataclass(frozen=True)
class Rendered:
    """What was written.

    Attributes:
        folder: Where.
        changes: What became of each file, by its name there.
    """

    folder: EndpointFolder
    changes: dict[str, Change]


def render(profile: Profile, to: Path | None = None, *, force: bool = False) -> Rendered:
    """Writes an endpoint's directory as its profile says; functions that are on record there stay allowed.

    Args:
        profile: The site.
        to: The directory; by default where Globus Compute looks for an endpoint of the profile's name.
        force: Write over edits by hand, too.

    Raises:
        HandEdited: A file is not as it was rendered; nothing was written.
        BadFolder: The directory holds something else.
    """
    folder = EndpointFolder.at(to) if to else EndpointFolder.usual(profile.name)
    allowed = FunctionRecord.read(folder).allowed(profile.functions)
    contents = {name: text.encode() for name, text in planned(profile, folder, allowed).items()}
    before = rendered_before(folder)
    if not force:
        _refuse_edits(folder, before, contents)
    changes = {name: _change(folder.path / name, content) for name, content in contents.items()}
    removed = dict.fromkeys(sorted(before.keys() - contents.keys()), Change.REMOVED)
    _write(folder, contents | {folder.rendered.name: _digests(contents)}, removed)
    return Rendered(folder, changes | removed)


def rendered_before(folder: EndpointFolder) -> dict[str, str]:
    """Returns the digest of each file as it was last rendered; empty where nothing was.

    Raises:
        BadFolder: The record cannot be read, or the directory holds an endpoint that Armarius did not render.
    """
    try:
        record = json.loads(folder.rendered.read_bytes())
        return {str(name): str(digest) for name, digest in record["files"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadFolder(f"{folder.rendered} cannot be read: {error}", "Render again, with --force.") from error


def edited(folder: EndpointFolder, before: Mapping[str, str]) -> list[str]:
    """Returns the names of rendered files that are there and are not as they were rendered."""
    there = {name: folder.path / name for name in sorted(before) if (folder.path / name).is_file()}
    return [name for name, path in there.items() if _digest(path.read_bytes()) != before[name]]


def _refuse_edits(folder: EndpointFolder, before: Mapping[str, str], contents: Mapping[str, bytes]) -> None:
    foreign = [name for name in contents if name not in before and (folder.path / name).exists()]
    strange = [name for name in foreign if (folder.path / name).read_bytes() != contents[name]]
    if touched := edited(folder, before) + strange:
        raise HandEdited(
            f"In {folder.path} these files are not as they were rendered: {', '.join(touched)}.",
            "Move the change into the profile, or write over it with --force.",
        )


def _change(path: Path, content: bytes) -> Change:
    if not path.exists():
        return Change.NEW
    return Change.SAME if path.read_bytes() == content else Change.CHANGED


def _write(folder: EndpointFolder, contents: Mapping[str, bytes], removed: Mapping[str, Change]) -> None:
    """Writes a new directory in one step, and an existing one file by file: it also holds what the endpoint writes."""
    if not folder.path.exists():
        draft = folder.path.with_name(f".{folder.path.name}.{secrets.token_hex(4)}")
        try:
            draft.mkdir(parents=True, mode=0o700)
            for name, content in contents.items():
                write_bytes(draft / name, content)
            draft.rename(folder.path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return
    for name, content in contents.items():
        path = folder.path / name
        if not path.exists() or path.read_bytes() != content:
            write_bytes(path, content)
    for name in removed:
        (folder.path / name).unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digests(contents: Mapping[str, bytes]) -> bytes:
    record = {"files": {name: _digest(content) for name, content in sorted(contents.items())}}
    return (json.dumps(record, indent=2) + "\n").encode()
