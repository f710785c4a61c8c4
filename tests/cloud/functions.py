"""Functions registered with Compute."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from cloud.errors import ApiError
from cloud.identities import Identities
from cloud.store import Store

_SOURCE_TEXT = "st"
"""How the SDK marks code that is source text (its strategy PureSourceTextInspect)."""


@dataclass(frozen=True)
class Function:
    """One registered function.

    Attributes:
        id: Its UUID.
        owner: Identity that registered it.
        document: As registered; ``function_code`` is packed as the endpoint unpacks it.
    """

    id: str
    owner: str
    document: dict[str, Any]

    @property
    def code(self) -> str:
        """The packed code."""
        code: str = self.document["function_code"]
        return code


class Functions:
    """All functions.

    Args:
        store: The database.
        identities: Who is in which group.
    """

    def __init__(self, store: Store, identities: Identities) -> None:
        self._store = store
        self._identities = identities

    def register(self, owner: str, document: dict[str, Any]) -> str:
        """Registers a function; returns its id."""
        if not document.get("serialized", True):
            document = {**document, "function_code": pack_source(document["function_name"], document["function_code"])}
        function_id = str(uuid.uuid4())
        self._store.run("INSERT INTO function VALUES (?, ?, ?)", function_id, owner, json.dumps(document))
        return function_id

    def get(self, function_id: str) -> Function:
        """Returns a function.

        Raises:
            ApiError: There is none of this id.
        """
        row = self._store.row("SELECT * FROM function WHERE id = ?", function_id)
        if row is None:
            raise ApiError(404, "FUNCTION_NOT_FOUND", f"Function {function_id} could not be resolved")
        return Function(row["id"], row["owner"], json.loads(row["document"]))

    def usable(self, function_id: str, identity: str) -> Function:
        """Returns a function that somebody may call: their own, a public one, or one of their group.

        Raises:
            ApiError: There is none of this id, or it is another's.
        """
        function = self.get(function_id)
        group = function.document.get("group")
        shared = function.document.get("public") or (group and self._identities.in_group(identity, group))
        if function.owner != identity and not shared:
            raise _forbidden(function_id)
        return function

    def delete(self, function_id: str, owner: str) -> None:
        """Forgets a function.

        Raises:
            ApiError: There is none of this id, or it is another's.
        """
        if self.get(function_id).owner != owner:
            raise _forbidden(function_id)
        self._store.run("DELETE FROM function WHERE id = ?", function_id)


def pack_source(name: str, source: str) -> str:
    """Packs source text as the SDK would: a length, then the mark, the function's name and the text."""
    text = f"{_SOURCE_TEXT}\n{name}:{source}"
    return f"{len(text)}\n{text}"


def _forbidden(function_id: str) -> ApiError:
    return ApiError(403, "FUNCTION_ACCESS_FORBIDDEN", f"Unauthorized access to function {function_id}")
