"""What every message between a client and a site has in common."""

import hashlib
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
"""A SHA-256 digest in lower-case hexadecimal."""

RunId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\z")]
"""Names one attempt at a job. It becomes a directory name, so it can never climb out of its root."""

NonNegative = Annotated[float, Field(ge=0)]


class Contract(BaseModel):
    """A frozen message; an unknown field, a NaN or an infinity is an error rather than a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def canonical_json(self) -> bytes:
        """Returns the one JSON text (UTF-8, defaults included) that stands for this message."""
        return self.model_dump_json().encode()

    def digest(self) -> str:
        """Returns the SHA-256 of :meth:`canonical_json`."""
        return hashlib.sha256(self.canonical_json()).hexdigest()


class Grown(Contract):
    """A message that has got fields in a later release, which are left out where they are None.

    Sites and clients are not renewed on the same day: those of an older release refuse a word that they do not know.

    Attributes:
        LATER: The names of these fields.
    """

    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_later_words(self, others: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = others(self)
        return {name: value for name, value in said.items() if value is not None or name not in self.LATER}


def by_kind(first: str) -> Discriminator:
    """Returns how the members of a union are told apart: by their ``kind``.

    Args:
        first: The kind of what was written before there were kinds.
    """

    def kind(value: Any) -> str | None:
        found = value.get("kind", first) if isinstance(value, dict) else getattr(value, "kind", None)
        return found if isinstance(found, str) else None

    return Discriminator(kind)


class Blob(Contract):
    """A file known by its content: a page image, a model, a checkpoint.

    Attributes:
        sha256: Digest of the whole file.
        size: Length in bytes.
        name: What people call it; never used to build a path.
    """

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    name: str = ""
