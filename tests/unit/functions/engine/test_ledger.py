import math

import pytest

from armarius.functions.contracts import Reason
from armarius.functions.engine.ledger import Ledger
from armarius.functions.engine.patience import Patience
from armarius.functions.errors import EngineFault


def ledger() -> Ledger:
    return Ledger(Patience(50, 0, 10), "job")


def test_the_loss_is_per_line() -> None:
    books = ledger()
    assert books.mean_loss is None
    books.add_batch(4, 20.0)
    books.add_batch(1, 5.0)
    assert (books.mean_loss, books.batches, books.lines) == (5.0, 2, 5)
    books.add_batch(1, math.inf)
    assert books.mean_loss is None


def test_of_equals_the_first_is_best() -> None:
    books = ledger()
    better = []
    for step, accuracy in enumerate((-0.2, 0.5, 0.5, 0.4, 0.6), 1):
        books.begin_epoch()
        books.add_batch(1, 1.0)
        better.append(books.close_epoch(step, accuracy)[1])
    assert better == [True, True, False, False, True]
    assert (books.best_epoch, books.best and books.best.accuracy) == (5, 0.6)
    assert [epoch.number for epoch in books.epochs] == [1, 2, 3, 4, 5]


def test_of_equals_the_one_that_finds_more_lines_is_best() -> None:
    books = ledger()
    better = [books.close_epoch(1, 0.0, baseline_f1=found)[1] for found in (0.0, 0.5, 0.4)]
    assert better == [True, True, False]
    books.require_success("finds")


@pytest.mark.parametrize("accuracies", [(), (0.0,), (-0.5, 0.0)])
def test_a_model_that_reads_nothing_is_none(accuracies: tuple[float, ...]) -> None:
    books = ledger()
    for accuracy in accuracies:
        books.close_epoch(1, accuracy)
    with pytest.raises(EngineFault) as fault:
        books.require_success("finds")
    assert fault.value.reason is Reason.NO_IMPROVEMENT
    assert "finds nothing right" in fault.value.message


def test_it_goes_on_from_its_state() -> None:
    books = ledger()
    books.add_batch(2, 3.0)
    books.close_epoch(1, 0.25, word_accuracy=0.1)
    books.best_weights = {"layer": 1}
    books.begin_epoch()
    books.add_batch(3, 4.0)
    again = ledger()
    again.resume(books.state())
    assert again == books
    again.require_success("reads")
