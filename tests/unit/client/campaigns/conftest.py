from collections.abc import Iterator

import pytest

from support.web import Web, web


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as served:
        yield served
