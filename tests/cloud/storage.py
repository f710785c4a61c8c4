"""Collections of Globus Transfer: folders of this machine."""

import sqlite3
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cloud.config import Collection
from cloud.errors import ApiError
from cloud.store import Store

_HOME = "/~/"


class Collections:
    """All collections.

    Args:
        store: The database.
        configured: Those that are there from the start.
    """

    def __init__(self, store: Store, configured: Mapping[str, Collection]) -> None:
        self._store = store
        for collection_id, collection in configured.items():
            self.put(collection_id, collection)

    def put(self, collection_id: str, collection: Collection) -> None:
        """Adds a collection, or changes it."""
        root = str(collection.root)
        self._store.run("INSERT OR REPLACE INTO collection VALUES (?, ?, ?)", collection_id, collection.name, root)

    def add(self, collection: Collection) -> str:
        """Adds a collection; returns its id."""
        collection_id = str(uuid.uuid4())
        self.put(collection_id, collection)
        return collection_id

    def get(self, collection_id: str) -> Collection:
        """Returns a collection.

        Raises:
            ApiError: There is none of this id.
        """
        row: sqlite3.Row | None = self._store.row("SELECT * FROM collection WHERE id = ?", collection_id)
        if row is None:
            raise ApiError(404, "EndpointNotFound", f"No such endpoint '{collection_id}'")
        return Collection(name=row["name"], root=Path(row["root"]))

    def locate(self, collection_id: str, path: str) -> Path:
        """Returns the file of this machine that a path of a collection names.

        ``/~/x`` and ``/x`` are both relative to the collection's root; nothing outside it can be named.

        Raises:
            ApiError: There is no such collection, or the path leaves it.
        """
        root = self.get(collection_id).root.resolve()
        inside = path[len(_HOME) :] if path.startswith(_HOME) else path
        found = (root / inside.lstrip("/")).resolve()
        if not found.is_relative_to(root):
            raise ApiError(403, "EndpointPermissionDenied", f"Denied by endpoint: {path} is outside the collection")
        return found


def tell_collection(collection_id: str, collection: Collection) -> dict[str, Any]:
    """Returns what Transfer says of a collection."""
    return {
        "DATA_TYPE": "endpoint",
        "id": collection_id,
        "display_name": collection.name,
        "entity_type": "GCSv5_mapped_collection",
        "is_globus_connect": False,
        "default_directory": "/",
        "disable_verify": False,
        "force_verify": False,
        "force_encryption": False,
        "non_functional": False,
        "https_server": None,
    }


def tell_file(path: Path, name: str) -> dict[str, Any]:
    """Returns what Transfer says of a file or folder."""
    status = path.lstat()
    changed = datetime.fromtimestamp(status.st_mtime, timezone.utc)
    return {
        "DATA_TYPE": "file",
        "name": name,
        "type": "dir" if path.is_dir() else "file",
        "size": status.st_size,
        "permissions": f"{status.st_mode & 0o777:04o}",
        "user": str(status.st_uid),
        "group": str(status.st_gid),
        "last_modified": changed.strftime("%Y-%m-%d %H:%M:%S+00:00"),
        "link_target": str(path.readlink()) if path.is_symlink() else None,
    }


def list_folder(path: Path) -> list[dict[str, Any]]:
    """Returns what Transfer says of each entry of a folder, by name."""
    return [tell_file(entry, entry.name) for entry in sorted(path.iterdir())]
