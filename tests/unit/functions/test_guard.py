"""The attack on the SDK's serializer, as an endpoint makes it from the rendered list."""

import os
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from globus_compute_sdk.errors import DeserializationError, SerializationError
from globus_compute_sdk.serialize import (
    AllCodeStrategies,
    AllDataStrategies,
    CombinedCode,
    ComputeSerializer,
    DillCode,
    DillCodeSource,
    DillDataBase64,
    JSONData,
    PureSourceDill,
    SerializationStrategy,
    concretes,
)
from globus_compute_sdk.serialize.utils import pack_buffers

from armarius.endpoint_config.rendering.constants import DESERIALISERS
from armarius.functions import registered
from armarius.functions.registered.source import NAMES, source

GUARD = "armarius.functions.guard"
MARK = "st\n"


@pytest.fixture
def serializer() -> Iterator[ComputeSerializer]:
    """A worker's; what the guard does to the SDK in this process is undone afterwards."""
    theirs, selectable = SerializationStrategy._CACHE[MARK], list(concretes.SELECTABLE_STRATEGIES)
    sys.modules.pop(GUARD, None)
    try:
        yield ComputeSerializer(allowed_deserializer_types=DESERIALISERS)
    finally:
        sys.modules.pop(GUARD, None)
        SerializationStrategy._CACHE[MARK] = theirs
        concretes.SELECTABLE_STRATEGIES[:] = selectable


def text(name: str, body: str | None = None) -> str:
    """Returns source text as it is packed."""
    return f"{MARK}{name}:{source(name) if body is None else body}"


def json_text(value: Any) -> str:
    return JSONData().serialize(value)


def evil(mark: Path) -> str:
    """Returns a text that leaves a mark where it is executed, and then is as good as arguments."""
    return f"import os\nos.mkdir({str(mark)!r})\na=({{'runs':[]}},)"


@pytest.mark.parametrize("name", NAMES)
def test_our_own_functions_are_read_and_call_what_is_installed(
    serializer: ComputeSerializer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered, "answer", lambda *called: {"called": called})
    packed = pack_buffers([text(name), json_text([{"a": 1}]), json_text({})])
    function, arguments, keywords = serializer.unpack_and_deserialize(packed)
    assert function.__name__ == name
    assert function(*arguments, **keywords) == {"called": (name, {"a": 1})}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_source_text_is_not_executed_wherever_it_stands(
    serializer: ComputeSerializer, place: int, tmp_path: Path
) -> None:
    buffers = [text("progress"), json_text([{}]), json_text({})]
    buffers[place] = text("a", evil(tmp_path / "pwned"))
    with pytest.raises(DeserializationError, match="the functions of Armarius alone"):
        serializer.unpack_and_deserialize(pack_buffers(buffers))
    assert not (tmp_path / "pwned").exists()


def test_the_attack_would_work_without_the_guard(tmp_path: Path) -> None:
    """If this fails, the SDK has changed, and so may have what the guard must do."""
    theirs = ComputeSerializer(
        allowed_deserializer_types=["globus_compute_sdk.serialize.PureSourceTextInspect", DESERIALISERS[1]]
    )
    packed = pack_buffers([text("progress"), text("a", evil(tmp_path / "pwned")), json_text({})])
    assert theirs.unpack_and_deserialize(packed)[1] == ({"runs": []},)
    assert (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "changed",
    [
        text("progress", source("progress") + "\nimport os"),
        text("progress", source("progress") + " "),
        text("progress", source("progress")[:-1]),
        text("progress", "\n" + source("progress")),
        text("progress", source("progress").replace("\n", "\r\n")),
        text("progress", source("train")),
        text("progress", ""),
        text("answer", source("progress")),
        text("__builtins__", source("progress")),
        text("", source("progress")),
        MARK,
        MARK + "progress",
    ],
)
def test_any_other_text_is_refused(serializer: ComputeSerializer, changed: str) -> None:
    with pytest.raises(DeserializationError):
        serializer.unpack_and_deserialize(pack_buffers([changed, json_text([{}]), json_text({})]))


STRATEGIES = (AllCodeStrategies, CombinedCode, DillCode, DillCodeSource, PureSourceDill)


@pytest.mark.parametrize(
    ("strategy", "place"), list(product([*STRATEGIES, DillDataBase64, AllDataStrategies], [0, 1, 2]))
)
def test_no_other_way_of_packing_is_read(
    serializer: ComputeSerializer, strategy: type[SerializationStrategy], place: int
) -> None:
    buffers = [text("progress"), json_text([{}]), json_text({})]
    buffers[place] = strategy().serialize(os.path.join if strategy.for_code else [{}])
    with pytest.raises(DeserializationError, match="disabled by current configuration"):
        serializer.unpack_and_deserialize(pack_buffers(buffers))


@pytest.mark.parametrize("place", [1, 2])
def test_our_own_text_as_arguments_calls_nothing(serializer: ComputeSerializer, place: int) -> None:
    buffers = [text("progress"), json_text([]), json_text({})]
    buffers[place] = text("cancel")
    function, arguments, keywords = serializer.unpack_and_deserialize(pack_buffers(buffers))
    with pytest.raises(TypeError, match=r"must be (an iterable|a mapping)"):
        function(*arguments, **keywords)


def test_nothing_is_packed_as_code(serializer: ComputeSerializer) -> None:
    with pytest.raises(SerializationError, match="All strategies failed"):
        serializer.serialize_from_list(os.path.join, [f"{GUARD}.OwnSource"])


def test_a_worker_is_given_the_guard_by_its_path(serializer: ComputeSerializer) -> None:
    paths = {f"{kind.__module__}.{kind.__name__}" for kind in serializer.allowed_deserializer_types}
    assert f"{GUARD}.OwnSource" in paths
    assert len(paths) == 2


def test_where_the_guard_is_missing_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, GUARD, None)
    with pytest.raises(Exception, match="Invalid strategy-like"):
        ComputeSerializer(allowed_deserializer_types=DESERIALISERS)
