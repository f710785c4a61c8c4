from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.escriptorium.record import Ledger
from armarius.client.escriptorium.record.accounts import AccountBook


@pytest.fixture
def book(tmp_path: Path) -> Iterator[AccountBook]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    yield ledger.accounts
    ledger.close()


def test_one_account_for_each_user(book: AccountBook) -> None:
    assert book.find(17) is None
    book.connect(17, "id-1", "erna@uni", "sealed", 1.0)
    first = book.find(17)
    assert first is not None and (first.username, first.broken) == ("erna@uni", "")
    book.connect(17, "id-2", "erna@lab", "other", 2.0)
    second = book.find(17)
    assert second is not None and second.identity == "id-2"
    assert [row.user for row in book.all()] == [17]
    book.forget(17)
    assert book.find(17) is None


def test_what_was_connected_before_changes_nothing_any_more(book: AccountBook) -> None:
    """A process that still works with the former tokens may renew them, or find that they are worthless."""
    book.connect(17, "id-1", "erna@uni", "sealed", 1.0)
    former = book.find(17)
    assert former is not None
    book.connect(17, "id-1", "erna@uni", "new", 2.0)
    book.keep(17, former.stamp, "renewed")
    book.break_(17, former.stamp, "taken back")
    now = book.find(17)
    assert now is not None and (now.sealed, now.broken) == ("new", "")
    book.forget(17)
    book.keep(17, now.stamp, "renewed")
    assert book.find(17) is None
