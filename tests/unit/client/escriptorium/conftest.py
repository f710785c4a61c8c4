from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import escriptorium
from support.desk import Bench, bench


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def heard(media: Path) -> Iterator[list[dict[str, Any]]]:
    """What the pages hear."""
    with escriptorium.emptied(media) as events:
        yield events


@pytest.fixture
def here(media: Path, heard: list[dict[str, Any]]) -> escriptorium.Instance:
    return escriptorium.Instance(media)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as ready:
        yield ready


@pytest.fixture
def office(here: escriptorium.Instance, made: Bench) -> Iterator[Any]:
    with escriptorium.office(made) as opened:
        yield opened
