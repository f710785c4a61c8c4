import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import RecognitionParameters
from armarius.functions.engine.patience import Patience


def epochs_of(rule: Patience, accuracies: list[float]) -> int:
    """Trains until the rule stops, and returns the epochs that this took."""
    for accuracy in accuracies:
        if rule.exhausted:
            break
        rule.after(accuracy)
    return rule.done


@pytest.mark.parametrize(
    ("rule", "accuracies", "epochs"),
    [
        pytest.param(Patience(5, 0, None), [0.5] * 9, 5, id="fixed"),
        pytest.param(Patience(5, 0, None), [1.0] * 9, 5, id="fixed trains on though perfect"),
        pytest.param(Patience(50, 0, 3), [0.5] * 9, 4, id="the first epoch is a gain"),
        pytest.param(Patience(50, 6, 3), [0.0] * 20, 9, id="lag counts after min_epochs"),
        pytest.param(Patience(50, 6, 3), [0.0] * 8 + [0.1] * 20, 12, id="gain just in time"),
        pytest.param(Patience(50, 0, 3, 0.1), [0.5, 0.55, 0.59, 0.6, 0.7, 0.7, 0.7], 4, id="small gains"),
        pytest.param(Patience(50, 0, 3, 0.1), [0.5, 0.7, 0.65, 0.65, 0.65, 0.65], 5, id="worse"),
        pytest.param(Patience(50, 10, 3), [0.5, 1.0, 1.0], 2, id="perfect"),
        pytest.param(Patience(4, 10, 3), [0.5] * 9, 4, id="epochs end it before patience does"),
    ],
)
def test_when_it_stops(rule: Patience, accuracies: list[float], epochs: int) -> None:
    assert epochs_of(rule, accuracies) == epochs


def test_an_epoch_that_changed_no_weight_is_the_last() -> None:
    rule = Patience(50, 10, None)
    rule.after(0.5)
    assert not rule.exhausted
    rule.after(0.5, stuck=True)
    again = Patience(50, 10, None)
    again.resume(rule.state())
    assert again.exhausted
    assert again.span() == (2, 2)


@given(
    st.integers(1, 30), st.integers(0, 12), st.integers(1, 6), st.lists(st.floats(-1, 0.99), min_size=30, max_size=30)
)
def test_the_span_foretold_holds(epochs: int, least: int, lag: int, accuracies: list[float]) -> None:
    rule = Patience(epochs, least, lag)
    for accuracy in accuracies:
        low, high = rule.span()
        if rule.exhausted:
            break
        rule.after(accuracy)
        assert low <= rule.span()[0]
        assert rule.span()[1] <= high
    assert rule.span() == (rule.done, rule.done)


def test_it_goes_on_from_its_state() -> None:
    parameters = RecognitionParameters(min_epochs=2, lag=3)
    first, second = Patience.of(parameters), Patience.of(parameters)
    for accuracy in (0.2, 0.4, 0.3):
        first.after(accuracy)
    second.resume(first.state())
    assert second == first
    assert Patience.of(RecognitionParameters(quit="fixed", epochs=7)).span() == (7, 7)
