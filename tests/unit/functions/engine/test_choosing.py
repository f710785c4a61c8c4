from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import Choice, Trial
from armarius.functions.engine.choosing import DOUBLED, FASTER, FEWEST_STEPS, MOST_LINES, Wish, batch_sizes, choose

LONG = 1000
HALF, FULL = "bf16-mixed", "32-true"


class Machine:
    """Says how long an epoch takes in each way; None does not fit."""

    def __init__(self, seconds: dict[tuple[int, str], float | None]) -> None:
        self.seconds = seconds
        self.tried: list[tuple[int, str]] = []

    def __call__(self, wish: Wish) -> Trial:
        self.tried.append((wish.batch_size, wish.precision))
        return Trial(batch_size=wish.batch_size, precision=wish.precision, epoch_seconds=self.seconds[self.tried[-1]])


def chosen(machine: Machine, sizes: list[int], epochs: int = LONG) -> tuple[int, str]:
    choice = choose(machine, sizes, (FULL, HALF), epochs)
    assert [(each.batch_size, each.precision) for each in choice.trials] == machine.tried
    return choice.batch_size, choice.precision


def test_the_arithmetic_first_then_the_batch() -> None:
    machine = Machine({(1, FULL): 100, (1, HALF): 80, (2, HALF): 50, (4, HALF): 30, (8, HALF): 29})
    assert chosen(machine, [1, 2, 4, 8, 16]) == (4, HALF)
    assert machine.tried == [(1, FULL), (1, HALF), (2, HALF), (4, HALF), (8, HALF)]


def test_small_gains_are_not_worth_it() -> None:
    machine = Machine({(1, FULL): 100, (1, HALF): 100 * FASTER + 1, (2, FULL): 100 * DOUBLED + 1})
    assert chosen(machine, [1, 2, 4]) == (1, FULL)


def test_what_does_not_fit_ends_the_search() -> None:
    machine = Machine({(1, FULL): 100, (1, HALF): None, (2, FULL): 10, (4, FULL): None})
    assert chosen(machine, [1, 2, 4, 8]) == (2, FULL)
    nothing = Machine({(1, FULL): None, (1, HALF): None, (2, FULL): None})
    assert chosen(nothing, [1, 2, 4]) == (1, FULL)


def test_what_fits_only_in_half_the_bits_is_taken() -> None:
    assert chosen(Machine({(1, FULL): None, (1, HALF): 100}), [1]) == (1, HALF)


def test_a_short_training_is_not_searched() -> None:
    machine = Machine({(1, FULL): 1})
    assert chosen(machine, [1, 2], epochs=20) == (1, FULL)
    assert len(machine.tried) == 1


@given(st.integers(1, 100_000))
def test_an_epoch_keeps_its_steps(lines: int) -> None:
    sizes = batch_sizes(lines)
    assert sizes[0] == 1
    assert sizes == sorted(set(sizes))
    assert all(lines / size >= FEWEST_STEPS and size <= MOST_LINES for size in sizes[1:])


def test_the_memory_of_what_was_chosen() -> None:
    trials = tuple(Trial(batch_size=size, precision=FULL, epoch_seconds=1, memory=size * 1000) for size in (1, 2, 4))
    assert Choice(batch_size=2, precision=FULL, trials=trials).memory == 2000
    assert Choice(batch_size=2, precision=FULL).memory == 0
