from collections.abc import Iterator
from typing import Any

import pytest

from support.desk import Bench
from support.escriptorium import Instance
from support.escriptorium_pages import PageLife


@pytest.fixture
def life(office: Any, made: Bench, here: Instance, heard: list[dict[str, Any]]) -> Iterator[PageLife]:
    yield PageLife(office, made, here, heard)
