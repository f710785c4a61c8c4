"""A model that a person names: is it one, and of the right kind? Answered without kraken, before anything is sent."""

import json
import re
from pathlib import Path

from armarius.client.errors import BadModelFile, shown
from armarius.functions.contracts import Blob
from armarius.functions.files import sha256_of

_MOST_HEADER = 100_000_000
_COREML_KIND = re.compile(rb'"model_type": *\[? *"(\w+)"')


def read_model(path: Path, kind: str) -> Blob:
    """Looks at a model file and gives it its digest.

    kraken itself judges the weights later, on the site; what can be known from the file's header is known here.

    Args:
        path: A ``.safetensors`` or ``.mlmodel`` file.
        kind: What it must be for, such as "recognition".

    Raises:
        BadModelFile: It is not there, no model, damaged, or of another kind.
    """
    kinds = kinds_of(path)
    if kinds and kind not in kinds:
        raise BadModelFile(path, f"is a model for {' and '.join(sorted(kinds))}, not for {kind}.")
    try:
        return Blob(sha256=sha256_of(path), size=path.stat().st_size, name=shown(Path(path.name)))
    except OSError as error:
        raise BadModelFile(path, f"cannot be read ({error.strerror}).") from error


def kinds_of(path: Path) -> set[str]:
    """Returns what a model is for, as its file says; empty where it does not say.

    Raises:
        BadModelFile: It is not there, no model, or damaged.
    """
    try:
        return _kinds(path, path.stat().st_size)
    except OSError as error:
        raise BadModelFile(path, f"cannot be read ({error.strerror}).") from error


def _kinds(path: Path, size: int) -> set[str]:
    if path.suffix == ".safetensors":
        return _safetensors_kinds(path, size)
    if path.suffix == ".mlmodel":
        return _coreml_kinds(path)
    raise BadModelFile(path, "is neither a .safetensors nor a .mlmodel file.")


def _coreml_kinds(path: Path) -> set[str]:
    """Reads a Core ML file: one protobuf message. kraken's own metadata are text within it.

    Models of before 2019 say nothing of their kind: they all are for recognition.
    """
    content = path.read_bytes()
    if b"vgsl" not in content or not _is_whole_protobuf(content):
        raise BadModelFile(path, "is damaged or no kraken model.")
    return {match.decode() for match in _COREML_KIND.findall(content)} or {"recognition"}


def _is_whole_protobuf(content: bytes) -> bool:
    """Tells whether the outermost fields of a message end where the file ends (protobuf's wire format)."""
    place = 0
    while place < len(content):
        key, place = _varint(content, place)
        if key & 7 == 0:
            _, place = _varint(content, place)
        elif key & 7 == 2:
            length, place = _varint(content, place)
            place += length
        else:  # Core ML's model has no fixed-width field
            return False
    return place == len(content)


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Reads a number of 7 bits per byte; past the end it reads nothing but the end."""
    value = shift = 0
    while place < len(content):
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place
    return 0, len(content) + 1


def _safetensors_kinds(path: Path, size: int) -> set[str]:
    """Reads the header: its length in 8 bytes, little-endian, then JSON (the safetensors format)."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 0 < length <= min(_MOST_HEADER, size - 8):
            raise BadModelFile(path, "is damaged or no safetensors file.")
        header = stream.read(length)
    try:
        content = json.loads(header)
        models = json.loads(content["__metadata__"]["kraken_meta"])
        kinds = {str(task) for model in models.values() for task in model["_tasks"]}
        end = max(tensor["data_offsets"][1] for name, tensor in content.items() if name != "__metadata__")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadModelFile(path, "is no kraken model: its header lacks kraken's metadata.") from error
    if 8 + length + end != size:
        raise BadModelFile(path, "is damaged: it is shorter or longer than its header says.")
    return kinds
