from datetime import datetime

import pytest

from armarius.client.words import between, count, duration, ending, moment, percent, rate, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (252, "4 min 12 s"),
        (3599.7, "1 h"),
        (3725, "1 h 2 min"),
        (90_000, "25 h"),
    ],
)
def test_durations_have_no_more_digits_than_matter(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, "–"), (12, "12 B"), (4_200, "4.2 kB"), (1_500_000, "1.5 MB"), (2_910_000_000, "2.9 GB")],
)
def test_sizes(number, words):
    assert size(number) == words


def test_percent_and_count_and_moment():
    assert percent(0.9134) == "91.3 %"
    assert percent(None) == "–"
    assert count(1, "line") == "1 line"
    assert count(12_345, "line") == "12\u202f345 lines"
    assert count(2, "entry", "entries") == "2 entries"
    assert moment(0) == "1970-01-01 00:00:00 UTC"


def test_a_range_is_written_with_its_rate():
    assert between((0.0691, 0.0944)) == "6.9 to 9.4 %"
    assert between(None) == "–"
    assert rate(0.081, (0.0691, 0.0944)) == "8.1 % (6.9 to 9.4 %)"
    assert rate(0.081, None) == "8.1 %"


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (600, 600, "ends about 10:10"),
        (600, 4200, "ends about 10:10 to 11:10"),
        (600, 620, "ends about 10:10"),
        (600, 86_400, "ends about 10:10 to 2026-03-06 10:00"),
    ],
)
def test_when_something_ends(least, most, words):
    now = datetime(2026, 3, 5, 10, 0).astimezone().timestamp()
    assert ending(now, least, most) == words
