from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from armarius.client.journal import Journal
from support.accounts import MOST_AT_ONCE, begins
from support.jobs import request
from support.journal_contract import JournalContract


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'deep' / 'journal.sqlite'}"


class TestOnSqlite(JournalContract):
    """A journal in a file, in a folder that is not there yet."""

    def test_drivers_that_place_jobs_at_once_keep_to_an_allowance(self, url: str) -> None:
        owners = ("one", "two", "three")
        journals = [Journal(url) for _ in owners]
        for owner in owners:
            for number in range(6):
                journals[0].create(f"{owner}{number}", request(user="anna"), now=0.0)
        ready = Barrier(len(owners))

        def drive(journal: Journal, owner: str) -> list[bool]:
            begin = begins(journal, owner)
            ready.wait(60)
            return [begin(f"{owner}{number}") for number in range(6)]

        with ThreadPoolExecutor(len(owners)) as threads:
            begun = list(threads.map(drive, journals, owners))
        for journal in journals:
            journal.close()
        assert sum(map(sum, begun)) == MOST_AT_ONCE, begun
