from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    yield opened
    opened.close()
