from datetime import datetime

from armarius.client.foresight import end_of
from armarius.functions.contracts import Phase, Progress

TEN = datetime(2026, 3, 5, 10, 0).astimezone().timestamp()


def line(**figures: float) -> Progress:
    return Progress(at=TEN, phase=Phase.TRAINING, **figures)


def test_nothing_is_said_before_something_is_known() -> None:
    assert end_of(line()) == ""


def test_the_end_of_a_fixed_number_of_epochs() -> None:
    assert end_of(line(seconds_left=1800)) == "at most 30 min left, ends about 10:30"


def test_early_stopping_gives_a_range() -> None:
    said = end_of(line(seconds_left=1800, seconds_left_least=600))
    assert said == "at most 30 min left, ends about 10:10 to 10:30"


def test_pages_end_about_then() -> None:
    reading = Progress(at=TEN, phase=Phase.READING, seconds_left=600)
    assert end_of(reading) == "about 10 min left, ends about 10:10"
