from pathlib import Path

import pytest

from support.journal_contract import JournalContract


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'deep' / 'journal.sqlite'}"


class TestOnSqlite(JournalContract):
    """A journal in a file, in a folder that is not there yet."""
