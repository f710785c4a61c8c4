import math

import pytest

from armarius.functions.contracts import EpochModel, LineFigures, Metrics, Reason, SegmentationMetrics
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


def test_mended_steps_are_counted_by_epoch() -> None:
    books = ledger()
    for recomputed, left_out in ((1, 1), (0, 0)):
        books.begin_epoch()
        books.recomputed, books.left_out = recomputed, left_out
        for _ in range(2):
            books.add_batch(1, 1.0)
        again = ledger()
        again.resume(books.state())
        assert again == books
        epoch, _ = books.close_epoch(2, 0.0)
        assert (epoch.recomputed, epoch.left_out) == (recomputed or None, left_out or None)
        assert not books.patience.exhausted


def test_what_mended_nothing_says_what_an_older_release_says() -> None:
    assert "recomputed" not in ledger().close_epoch(1, 0.5)[0].model_dump()


def test_an_epoch_that_left_out_every_step_ends_the_training() -> None:
    books = ledger()
    books.begin_epoch()
    for _ in range(3):
        books.add_batch(1, math.nan)
        books.left_out += 1
    books.close_epoch(3, 0.0)
    assert books.patience.exhausted
    with pytest.raises(EngineFault, match="numbers") as fault:
        books.require_success("reads")
    assert "learning rate" in str(fault.value)


def base(errors: int, characters: int = 1000) -> Metrics:
    """How a base model reads the validation lines."""
    cer = errors / characters
    return Metrics(split="validation", cer=cer, wer=0.5, characters=characters, errors=errors, lines=30)


@pytest.mark.parametrize(("errors", "improved"), [(101, True), (100, False), (99, False)])
def test_better_than_the_base_model_is_one_error_fewer(errors: int, improved: bool) -> None:
    """The accuracy is kraken's, in single precision."""
    books = ledger()
    books.baseline = base(errors)
    assert books.improved is None
    books.close_epoch(1, 0.8999999761581421)
    books.close_epoch(2, 0.7)
    assert books.improved is improved


@pytest.mark.parametrize(
    ("accuracy", "found", "improved"),
    [(0.41, 0.1, True), (0.4000000059604645, 0.5, False), (0.4000000059604645, 0.6, True), (0.39, 0.9, False)],
)
def test_a_better_segmentation_has_a_higher_mean_iu_or_finds_more_lines(
    accuracy: float, found: float, improved: bool
) -> None:
    books = ledger()
    lines = LineFigures(name="all", precision=0.5, recall=0.5, f1=0.5)
    books.baseline = SegmentationMetrics(
        split="validation", pages=2, mean_iu=0.4, freq_iu=0.5, pixel_accuracy=0.9, lines=lines
    )
    books.close_epoch(1, accuracy, baseline_f1=found)
    assert books.improved is improved
    again = ledger()
    again.resume(books.state())
    assert again == books


def test_without_a_base_model_there_is_nothing_to_better() -> None:
    books = ledger()
    books.close_epoch(1, 0.9)
    assert books.improved is None


def test_it_goes_on_from_its_state() -> None:
    books = ledger()
    books.add_batch(2, 3.0)
    books.close_epoch(1, 0.25, word_accuracy=0.1)
    books.best_weights = {"layer": 1}
    books.begin_epoch()
    books.add_batch(3, 4.0)
    books.baseline = base(100)
    books.epoch_models.append(
        EpochModel(
            sha256="0" * 64,
            size=1,
            path="models/epoch_1.mlmodel",
            format="mlmodel",
            run_id="r",
            epoch=1,
            accuracy=0.25,
        )
    )
    again = ledger()
    again.resume(books.state())
    assert again == books
    again.require_success("reads")
