from cloud.config import Limits
from cloud.ratelimit import RateLimit


def test_window_slides() -> None:
    now = 0.0
    limit = RateLimit(Limits(rate_limited=True, requests=2, window=10.0), clock=lambda: now)
    assert [limit.wait("carol"), limit.wait("carol"), limit.wait("carol")] == [0, 0, 10]
    assert limit.wait("mallory") == 0
    now = 9.5
    assert limit.wait("carol") == 1
    now = 10.0
    assert limit.wait("carol") == 0


def test_off_by_default() -> None:
    limit = RateLimit(Limits(requests=1))
    assert [limit.wait("carol"), limit.wait("carol")] == [0, 0]
