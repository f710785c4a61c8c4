import pytest

from armarius.client.placement.sharing import Measured, compared


def run(neighbours: float, speed: float, network: str = "a", shape: str = "half") -> Measured:
    return Measured(shape, network, neighbours, speed)


def test_what_is_done_together_is_compared_to_one_after_the_other() -> None:
    (found,) = compared([run(0, 1e-8), run(0.2, 1e-8), run(1, 1.2e-8), run(1, 1.2e-8)])
    assert (found.alone, found.together, found.slowdown) == (2, 2, pytest.approx(1.2))
    assert found.gain == pytest.approx(2 / 1.2)
    assert str(found).endswith("1.67 times as much is done as one after the other")


def test_where_sharing_is_slower_than_one_after_the_other_it_is_said() -> None:
    (found,) = compared([run(0, 1e-8), run(2, 4e-8)])
    assert found.gain == pytest.approx(3 / 4)
    assert str(found).endswith("one after the other they would be done sooner: lower sharing")


@pytest.mark.parametrize("runs", [[run(0, 1e-8)], [run(1, 1e-8)]])
def test_before_both_were_measured_nothing_is_claimed(runs: list[Measured]) -> None:
    (found,) = compared(runs)
    assert found.gain is None
    assert str(found).endswith("not known yet")


def test_networks_and_shapes_are_never_mixed() -> None:
    found = compared([run(0, 1e-8), run(1, 9e-8, network="b"), run(1, 9e-8, shape="third")])
    assert [(each.shape, each.network, each.gain) for each in found] == [
        ("half", "a", None), ("half", "b", None), ("third", "a", None),
    ]  # fmt: skip
