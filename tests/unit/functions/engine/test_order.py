from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.engine.order import BatchOrder, ResumableSampler

WIDTHS = st.lists(st.integers(1, 4000), min_size=1, max_size=400)
SIZES = st.integers(1, 40)


@given(WIDTHS, SIZES, st.integers(0, 2**32), st.integers(0, 50))
def test_an_epoch_shows_every_line_once(widths: list[int], size: int, seed: int, epoch: int) -> None:
    order = BatchOrder(widths, size, seed)
    batches = order.epoch(epoch)
    assert sorted(line for batch in batches for line in batch) == list(range(len(widths)))
    assert len(batches) == len(order)
    assert all(1 <= len(batch) <= size for batch in batches)


@given(WIDTHS, SIZES, st.integers(0, 2**32), st.integers(0, 9), st.data())
def test_cut_anywhere_the_rest_is_what_was_not_seen(
    widths: list[int], size: int, seed: int, epoch: int, data: st.DataObject
) -> None:
    whole = BatchOrder(widths, size, seed).epoch(epoch)
    start = data.draw(st.integers(0, len(whole)))
    sampler = ResumableSampler(BatchOrder(widths, size, seed))
    sampler.begin(epoch, start)
    assert [*whole[:start], *sampler] == whole
    assert len(sampler) == len(whole)


def test_epochs_and_seeds_differ() -> None:
    widths = list(range(1, 200))
    epochs = [BatchOrder(widths, 4, seed).epoch(number) for seed in (0, 1) for number in (0, 1)]
    assert all(one != other for i, one in enumerate(epochs) for other in epochs[:i])


def test_the_order_is_the_same_in_every_release() -> None:
    assert BatchOrder([5, 50, 500, 6, 60, 600], 2, 42).epoch(1) == [[0, 5], [1, 3], [2, 4]]


@given(WIDTHS, SIZES, st.integers(1, 9))
def test_typical_batches_are_batches_from_narrow_to_wide(widths: list[int], size: int, count: int) -> None:
    order = BatchOrder(widths, 1, 3).of(size)
    typical = order.typical(count)
    padded = [order.padded_width(batch) for batch in typical]
    assert len(typical) == count
    assert all(batch in order.epoch(0) for batch in typical)
    assert padded == sorted(padded)


def test_the_widest_batch() -> None:
    order = BatchOrder([10, 300, 200], 2, 0)
    assert order.widest() == 600
    assert order.largest() == [1, 2]
