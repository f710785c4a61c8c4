"""How a site knows its own checkpoints again: by a signature whose key lies outside of what clients can write.

A checkpoint is a pickle, and whoever loads a foreign one runs foreign code. Transfer's identity may be able to write
into the whole root, so that neither a file's place nor its digest says who wrote it; an HMAC-SHA-256 does.
"""

import hmac
import os
import secrets
from pathlib import Path

import platformdirs
from pydantic import ValidationError

from armarius.functions.contracts import CheckpointRef, Contract
from armarius.functions.errors import NoKey
from armarius.functions.files import sync

KEY_VARIABLE = "ARMARIUS_KEY_FILE"
KEY_BYTES = 32


class SignedCheckpoint(Contract):
    """What a run notes beside a checkpoint.

    Attributes:
        reference: The checkpoint.
        signature: HMAC-SHA-256 over its canonical JSON, in hexadecimal.
    """

    reference: CheckpointRef
    signature: str


def key_path() -> Path:
    """Returns where the key is: named by the operator, else in the account's state directory, never in the root."""
    named = os.environ.get(KEY_VARIABLE)
    return Path(named).expanduser() if named else platformdirs.user_state_path("armarius") / "checkpoints.key"


def make_key() -> bytes:
    """Returns the key, which is made the first time.

    Side effects: A file with mode 0600, in one step: of two processes that make it at once, both get the same.

    Raises:
        NoKey: It can neither be read nor made.
    """
    path = key_path()
    try:
        key = _read(path) or _make(path)
    except OSError as error:
        raise NoKey(path, str(error)) from error
    if key is None:
        raise NoKey(path, f"it has fewer than {KEY_BYTES} bytes")
    return key


def sign(reference: CheckpointRef) -> SignedCheckpoint:
    """Returns the record of a checkpoint that this process wrote.

    Raises:
        NoKey: There is no key, and none can be made.
    """
    return SignedCheckpoint(reference=reference, signature=_mac(make_key(), reference))


def genuine(record: bytes) -> CheckpointRef | None:
    """Returns the checkpoint of a record that this site signed, and None for every other text. Makes no key."""
    try:
        found = SignedCheckpoint.model_validate_json(record)
        key = _read(key_path())
    except (ValidationError, OSError):
        return None
    if key is None:
        return None
    expected = _mac(key, found.reference)
    return found.reference if hmac.compare_digest(expected.encode(), found.signature.encode()) else None


def _mac(key: bytes, reference: CheckpointRef) -> str:
    return hmac.new(key, reference.canonical_json(), "sha256").hexdigest()


def _read(path: Path) -> bytes | None:
    """Returns a key that is long enough, or None."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    return key if len(key) >= KEY_BYTES else None


def _make(path: Path) -> bytes | None:
    """Writes a new key beside its place and links it there: whoever comes second reads the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as writer:
            writer.write(secrets.token_bytes(KEY_BYTES))
        sync(fresh)
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return _read(path)
