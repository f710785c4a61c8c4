import pytest

from armarius.client.campaigns.chunks import SiteOffer
from armarius.client.campaigns.division.pace import USUAL_OVERHEAD, USUAL_RATE, Pace


def test_what_was_measured_counts_before_what_was_known_and_that_before_a_guess() -> None:
    pace = Pace()
    assert pace.rate(SiteOffer("a")) == USUAL_RATE
    assert pace.overhead(SiteOffer("a")) == USUAL_OVERHEAD
    assert pace.rate(SiteOffer("a", rate=3.0)) == 3.0
    assert pace.is_empty
    pace.learn("a", pages=100, seconds=50, wall=80)
    assert pace.rate(SiteOffer("a", rate=3.0)) == 2.0
    assert pace.overhead(SiteOffer("a", overhead=0.0)) == 30
    assert pace.rate(SiteOffer("b")) == 2.0  # as elsewhere
    assert not pace.is_empty


def test_the_newest_part_counts_most() -> None:
    pace = Pace()
    pace.learn("a", 100, 100, 100)
    for _ in range(5):
        pace.learn("a", 100, 10, 10)
    assert pace.rate(SiteOffer("a")) == pytest.approx(10, rel=0.2)


def test_a_part_that_brought_nothing_teaches_nothing() -> None:
    pace = Pace()
    pace.learn("a", 0, 100, 100)
    pace.learn("a", 10, 0, 100)
    assert not pace.is_measured("a")
