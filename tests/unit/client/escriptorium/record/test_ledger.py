"""What is remembered of trainings."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import ProgrammingError

from armarius.client.escriptorium.record import Asked, Ledger, ModelBusy, Phase
from armarius.client.escriptorium.record.place import journal_in
from armarius.client.escriptorium.record.tables import Base


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    yield opened
    opened.close()


def asked(task_id: str = "a", model: int = 1) -> Asked:
    return Asked("core.tasks.train", task_id, {"model_pk": model, "user_pk": 3, "part_pks": [1, 2]})


def test_a_training_is_remembered(ledger: Ledger) -> None:
    assert ledger.write_down(asked(), 5.0)
    (row,) = ledger.open_ones()
    assert (row.id, row.task_id, row.model, row.user, row.asked, row.due) == (asked().id, "a", 1, 3, 5.0, 5.0)
    assert (row.phase, row.arguments_json) == (Phase.ASKED, asked().arguments)
    assert not ledger.write_down(asked(), 6.0)


def test_one_training_holds_a_model(ledger: Ledger) -> None:
    ledger.write_down(asked(), 5.0)
    with pytest.raises(ModelBusy):
        ledger.write_down(asked("b"), 6.0)
    assert ledger.write_down(asked("c", model=2), 6.0)
    ledger.note(asked().id, phase=Phase.ENDED, holds=False)
    assert ledger.write_down(asked("d"), 7.0)
    assert [row.task_id for row in ledger.open_ones()] == ["c", "d"]


def test_a_wish_to_end_is_not_heard_after_the_end(ledger: Ledger) -> None:
    ledger.write_down(asked(), 5.0)
    ledger.note(asked().id, phase=Phase.ENDED, holds=False)
    ledger.cancel("a")
    assert not ledger.get(asked().id).cancelled


def test_only_what_has_not_begun_is_forgotten(ledger: Ledger) -> None:
    ledger.write_down(asked(), 5.0)
    ledger.note(asked().id, phase=Phase.RUNNING)
    ledger.forget("a")
    assert ledger.find("a") is not None
    ledger.note(asked().id, phase=Phase.ASKED)
    ledger.forget("a")
    assert ledger.find("a") is None


def test_turns(ledger: Ledger) -> None:
    assert ledger.take_turn("one", 100.0, 60)
    assert not ledger.take_turn("two", 110.0, 60)
    assert ledger.take_turn("two", 110.0, 60, instead_of="one")
    assert not ledger.take_turn("one", 120.0, 60)
    ledger.give_turn_back("two")
    assert ledger.take_turn("one", 120.0, 60)


def test_trouble_keeps_its_beginning(ledger: Ledger) -> None:
    for trouble, now in (("no answer", 5.0), ("still no answer", 9.0)):
        ledger.note_trouble(trouble, now)
    assert (ledger.clerk().trouble, ledger.clerk().trouble_since) == ("no answer", 5.0)
    ledger.note_trouble("", 12.0)
    assert ledger.clerk().trouble == ""


def test_several_processes_open_an_empty_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    script = "import sys; from armarius.client.escriptorium.record import Ledger; Ledger(sys.argv[1]).close()"
    started = [subprocess.Popen([sys.executable, "-W", "error", "-c", script, url]) for _ in range(3)]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    ledger = Ledger(url)
    assert ledger.clerk().owner == ""
    ledger.close()


def test_the_journal_is_in_escriptoriums_postgresql() -> None:
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "escriptorium",
        "USER": "es",
        "PASSWORD": "p@ss/word",
        "HOST": "db",
        "PORT": "5433",
    }
    url = journal_in(database)
    assert url == "postgresql+psycopg://es:p%40ss%2Fword@db:5433/escriptorium?options=-csearch_path%3Darmarius"
    assert journal_in({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}) is None


def test_two_processes_that_begin_at_once_are_in_each_others_way_more_than_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finds a table made that it was about to make, and then another one."""
    quicker = [ProgrammingError("CREATE TABLE", {}, Exception('relation "drain" already exists')) for _ in range(3)]
    real = Base.metadata.create_all

    def raced(*args: Any, **kwargs: Any) -> None:
        if quicker:
            raise quicker.pop()
        real(*args, **kwargs)

    monkeypatch.setattr(Base.metadata, "create_all", raced)
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    assert ledger.open_ones() == []
    ledger.close()
