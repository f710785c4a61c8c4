from pathlib import Path

import pytest

from cloud.store import Store


def add(store: Store, name: str) -> None:
    store.run("INSERT INTO collection VALUES (?, ?, '/')", name, name)


def names(store: Store) -> list[str]:
    return [row["id"] for row in store.rows("SELECT id FROM collection ORDER BY id")]


def test_all_or_nothing(store: Store) -> None:
    add(store, "a")
    with pytest.raises(ZeroDivisionError), store.together():
        add(store, "b")
        with store.together():
            add(store, "c")
        raise ZeroDivisionError
    assert names(store) == ["a"]


def test_survives(tmp_path: Path) -> None:
    first = Store(tmp_path / "deep" / "cloud.sqlite")
    with first.together():
        add(first, "a")
    second = Store(tmp_path / "deep" / "cloud.sqlite")
    assert names(second) == ["a"]
    first.close()
    second.close()
