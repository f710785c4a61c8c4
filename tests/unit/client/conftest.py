from collections.abc import Iterator
from pathlib import Path

import pytest

from support.desk import Bench, bench


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as ready:
        yield ready
