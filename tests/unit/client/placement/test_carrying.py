import pytest

from armarius.client.placement.carrying import EXPECTED_OVERHEAD, EXPECTED_RATE, Carriage, carriage


def test_nothing_takes_no_time() -> None:
    assert Carriage().seconds(0) == 0


def test_before_any_transfer_a_universitys_line_is_expected() -> None:
    learnt = carriage([])
    assert learnt.rate == pytest.approx(EXPECTED_RATE)
    assert learnt.overhead == pytest.approx(EXPECTED_OVERHEAD)


def test_large_transfers_teach_the_rate_and_small_ones_the_overhead() -> None:
    fast = [(10**9, 60.0), (1_000_000, 2.0)] * 10
    learnt = carriage(fast)
    assert learnt.overhead < 4
    assert 14e6 < learnt.rate < 22e6
    assert carriage([(10**9, 1000.0)] * 10).rate < 2e6


def test_a_transfer_quicker_than_the_overhead_breaks_nothing() -> None:
    assert carriage([(10**9, 0.5)] * 10).rate > 1e8
