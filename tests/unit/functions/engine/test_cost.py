import pytest

from armarius.functions.engine.cost import Cost, NetworkInput, Readings, StepTimes
from armarius.functions.engine.order import BatchOrder


@pytest.mark.parametrize(
    ("network", "size", "width"),
    [
        (NetworkInput(120, 0, 1, 16), (1000, 60), 2032),
        (NetworkInput(1, 0, 48, 16), (1000, 96), 532),
        (NetworkInput(0, 0, 1), (1000, 60), 1000),
        (NetworkInput(64, 800, 1, 16), (1000, 60), 800),
        (NetworkInput(32, 0, 1), (1, 400), 1),
    ],
)
def test_the_width_that_a_network_sees(network: NetworkInput, size: tuple[int, int], width: int) -> None:
    assert network.scaled_width(*size) == width


@pytest.mark.parametrize(
    ("network", "size", "pixels"),
    [
        (NetworkInput(1800, 0, 3), (2000, 3000), 1800 * 1200),
        (NetworkInput(0, 600, 3), (2000, 3000), 600 * 900),
        (NetworkInput(100, 50, 1), (2000, 3000), 5000),
        (NetworkInput(0, 0, 3), (20, 30), 600),
        (NetworkInput(10, 0, 1), (1, 400), 10),
    ],
)
def test_the_pixels_of_a_page_that_a_network_sees(network: NetworkInput, size: tuple[int, int], pixels: int) -> None:
    assert network.scaled_pixels(*size) == pixels


def test_pages_cost_their_area() -> None:
    cost = Cost(BatchOrder([3000, 1000, 2000], 1, 0), height=1, validation_pixels=2000, test_pixels=0)
    assert (cost.epoch_pixels(0), cost.order.widest()) == (6000, 3000)
    assert cost.remaining_pixels(0, 3) == 0


def test_the_first_step_is_not_counted() -> None:
    steps = StepTimes()
    assert steps.seconds_per_pixel == 0
    for pixels, seconds in ((100, 50.0), (100, 1.0), (300, 3.0)):
        steps.add(pixels, seconds)
    assert (steps.steps, steps.seconds_per_pixel) == (2, 0.01)


def test_the_mean_of_what_was_measured() -> None:
    readings = Readings()
    assert readings.mean(7.0) == 7.0
    readings.add(1.0)
    readings.add(2.0)
    assert readings.mean(7.0) == 1.5


def test_the_share_of_waiting() -> None:
    steps = StepTimes()
    assert steps.waiting_share == 0
    for _ in range(3):
        steps.add(100, 4.0, 1.0)
    assert steps.waiting_share == pytest.approx(0.25)
    cost = lines(20)
    cost.steps.add(1000, 1.0, 0.5)
    assert cost.model(6.0, 123, None, epoch=0).loading_share == pytest.approx(0.25, rel=0.01)


def test_what_is_long_ago_fades() -> None:
    steps = StepTimes()
    steps.add(1, 1.0)
    for _ in range(1000):
        steps.add(100, 1.0)
    for _ in range(1000):
        steps.add(100, 2.0)
    assert steps.steps == 2000
    assert steps.longest == 2.0
    assert 0.0199 < steps.seconds_per_pixel < 0.02


def lines(count: int, batch: int = 1) -> Cost:
    """Lines of 10 x 100 pixels, 1 second per 1000 pixels, so 1 second per line."""
    cost = Cost(BatchOrder([100] * count, batch, 0), height=10, validation_pixels=5000, test_pixels=10_000)
    cost.steps.add(0, 0.0)
    cost.steps.add(1000, 1.0)
    return cost


def test_what_is_left() -> None:
    cost = lines(20)
    average = cost.epoch_pixels(0)
    assert average == 20_000
    cost.validation.add(3.0)
    cost.checkpoint.add(0.5)
    ending = 0.5 + 2 * 3.0
    assert cost.seconds_left(0, 0, 1, average) == pytest.approx(20 + 3 + ending)
    assert cost.seconds_left(0, 15, 1, average) == pytest.approx(5 + 3 + ending)
    assert cost.seconds_left(1, 15, 4, average) == pytest.approx(5 + 2 * 20 + 3 * 3 + ending)
    assert cost.seconds_left(4, 0, 4, average) == pytest.approx(ending)


def test_what_is_written_meanwhile_takes_time_too() -> None:
    cost = lines(20)
    cost.validation.add(3.0)
    before = cost.seconds_left(0, 0, 2, 20_000)
    cost.epoch_model.add(2.0)
    assert cost.seconds_left(0, 0, 2, 20_000) == pytest.approx(before + 2 * 2.0)
    cost.checkpoint.add(0.5)
    cost.checkpoint_every = 10.0
    assert cost.seconds_left(0, 0, 2, 20_000) == pytest.approx(50 + 5 * 0.5 + 0.5 + 6)
    cost.checkpoint_every = 0.0  # after each step, of a second
    assert cost.seconds_left(0, 0, 2, 20_000) == pytest.approx(50 + 50 * 0.5 + 0.5 + 6)


def test_a_validation_that_was_not_measured_is_estimated() -> None:
    assert lines(20).validation_seconds == pytest.approx(5 * 0.4)


def test_the_model_that_is_reported() -> None:
    model = lines(20, batch=4).model(6.0, 123, None, epoch=2)
    assert (model.pixels_per_epoch, model.steps, model.memory) == (20_000, 1, 123)
    assert model.epoch_seconds == pytest.approx(20 + 2)


def test_padding_is_counted() -> None:
    cost = Cost(BatchOrder([100, 50], 2, 0), height=10, validation_pixels=0, test_pixels=0)
    assert cost.epoch_pixels(0) == 2000
    assert cost.remaining_pixels(5, 1) == 0


def test_what_a_pause_takes_at_most() -> None:
    cost = lines(20)
    assert cost.pause_seconds is None, "before a checkpoint was measured"
    for seconds in (0.5, 2.0, 1.0):
        cost.checkpoint.add(seconds)
    cost.steps.add(1000, 7.0)
    cost.steps.add(1000, 1.0)
    assert cost.pause_seconds == pytest.approx(7.0 + 2.0)
    unmeasured = Cost(BatchOrder([100], 1, 0), height=10, validation_pixels=0, test_pixels=0)
    unmeasured.checkpoint.add(1.0)
    assert unmeasured.pause_seconds is None
