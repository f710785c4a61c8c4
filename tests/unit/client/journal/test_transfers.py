from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from armarius.client.errors import LeaseLost
from armarius.client.journal import Journal, TransferRow, TransferStage
from armarius.client.journal.transfers import TransferLog
from armarius.client.ports import TransferState, TransferView

NAME = "job1-1-in"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TransferLog]:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    yield journal.transfers
    journal.close()


def known(log: TransferLog) -> TransferRow:
    row = log.read(NAME)
    assert row is not None
    return row


def test_a_transfer_is_begun_once(log: TransferLog) -> None:
    assert log.read(NAME) is None
    for _ in range(2):
        row = log.begin(NAME, 1.0)
        assert (row.attempt, row.before, row.stage) == (1, 0, TransferStage.PREPARING)


@pytest.mark.parametrize("stage", list(TransferStage))
def test_it_begins_anew_once_it_has_failed_or_was_given_up(log: TransferLog, stage: TransferStage) -> None:
    row = log.begin(NAME, 1.0)
    log.note(row, 2.0, stage_name=stage.value, submission_id="s", task_id="t", items_json={"a": 1}, error="e")
    row = log.begin(NAME, 3.0)
    anew = stage in (TransferStage.FAILED, TransferStage.FORGOTTEN, TransferStage.ELSEWHERE)
    assert row.attempt == 1 + anew
    assert (row.submission_id, row.task_id, row.items_json, row.error) == (
        (None, None, None, "") if anew else ("s", "t", {"a": 1}, "e")
    )
    assert row.attempt - row.before == (2 if stage in (TransferStage.FAILED, TransferStage.ELSEWHERE) else 1)


def test_what_another_driver_changed_is_not_changed_again(log: TransferLog) -> None:
    row = log.begin(NAME, 1.0)
    log.note(row, 2.0, submission_id="first")
    with pytest.raises(LeaseLost):
        log.note(row, 3.0, submission_id="second")
    assert known(log).submission_id == "first"


def test_any_byte_in_an_error_is_kept(log: TransferLog) -> None:
    log.note(log.begin(NAME, 1.0), 2.0, error="a\0b\udc80")
    assert known(log).error == "a\N{SYMBOL FOR NULL}b?"


def test_what_people_are_shown_changes_nothing_else(log: TransferLog) -> None:
    row = log.begin(NAME, 1.0)
    view = TransferView(TransferState.ACTIVE, 3_000_000_000, 5_000_000_000, message="Paused.\0")
    log.show(NAME, view, 7.0)
    log.show(NAME, view, 8.0)
    shown = known(log)
    assert (shown.moved, shown.total, shown.shown) == (3_000_000_000, 5_000_000_000, 7.0)
    assert shown.message == "Paused.\N{SYMBOL FOR NULL}"
    log.note(row, 9.0, task_id="t")
    log.show(NAME, replace(view, moved=4_000_000_000), 10.0)
    assert (known(log).moved, known(log).task_id, known(log).shown) == (4_000_000_000, "t", 10.0)


def test_a_transfer_without_a_service_is_shown_too(log: TransferLog) -> None:
    log.show(NAME, TransferView(TransferState.ACTIVE, 1, 2), 1.0)
    log.show(NAME, TransferView(TransferState.ACTIVE, 2, 2), 2.0)
    assert (known(log).stage, known(log).moved) == (TransferStage.ELSEWHERE, 2)
