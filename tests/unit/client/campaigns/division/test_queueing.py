"""What is told by a glance at the parts: how many a site computes at a time, and which wait for these."""

from armarius.client.campaigns.chunks import ChunkState, ChunkView, SiteOffer
from armarius.client.campaigns.division.queueing import Queueing
from armarius.client.campaigns.events import HandedOut

ALPHA, BETA = SiteOffer("alpha", places=4), SiteOffer("beta", places=4)
WAITS, GOES, COMES = (
    ChunkView(ChunkState.WAITING),
    ChunkView(ChunkState.COMPUTING, 1),
    ChunkView(ChunkState.COMPUTING, 9),
)


def look(queueing: Queueing, at: float, *views: ChunkView | None, site: str = "alpha") -> None:
    """A look at parts of nine pages; those without a view were handed out just now."""
    parts = [HandedOut(chunk=f"{site}000{n}", site=site, pages=tuple(range(9)), at=0) for n in range(len(views))]
    seen = {part.chunk: view for part, view in zip(parts, views, strict=True) if view is not None}
    queueing.note(parts, seen, at)


def test_before_anything_is_computed_nobody_waits_for_others() -> None:
    queueing = Queueing()
    look(queueing, 0, WAITS, WAITS, None)
    look(queueing, 90, WAITS, WAITS, WAITS)
    assert (queueing.at_once(ALPHA), queueing.behind("alpha0002")) == (4, 0)


def test_a_site_that_lets_parts_wait_computes_no_more_at_a_time_than_it_was_seen_to() -> None:
    queueing = Queueing()
    look(queueing, 0, GOES, WAITS, WAITS)
    look(queueing, 60, GOES, WAITS, WAITS)
    assert (queueing.at_once(ALPHA), queueing.at_once(BETA)) == (1, 4)
    assert [queueing.behind(f"alpha000{n}") for n in range(3)] == [0, 60, 60]
    look(queueing, 80, GOES, GOES, WAITS)  # another node became free
    look(queueing, 100, GOES, GOES, WAITS)
    assert queueing.at_once(ALPHA) == 2
    assert [queueing.behind(f"alpha000{n}") for n in range(3)] == [0, 60, 100]


def test_the_next_in_turn_waits_for_the_site_and_not_for_others() -> None:
    """What the first takes to start, and the next when that only comes home, is the site's own."""
    queueing = Queueing()
    look(queueing, 0, GOES, GOES, WAITS)
    look(queueing, 10, GOES, COMES, WAITS, WAITS)
    look(queueing, 40, GOES, COMES, WAITS, WAITS)
    assert [queueing.behind(f"alpha000{n}") for n in range(4)] == [0, 0, 0, 40]


def test_where_none_waits_for_others_all_places_count() -> None:
    queueing = Queueing()
    look(queueing, 0, GOES, WAITS)
    assert queueing.at_once(ALPHA) == 1
    look(queueing, 10, GOES)
    assert queueing.at_once(ALPHA) == 4
    assert queueing.at_once(SiteOffer("alpha", places=2)) == 2


def test_what_has_ended_is_forgotten_and_a_clock_put_back_takes_nothing_away() -> None:
    queueing = Queueing()
    look(queueing, 0, GOES, WAITS)
    look(queueing, 60, GOES, WAITS)
    look(queueing, 30, GOES, WAITS)
    assert queueing.behind("alpha0001") == 60
    queueing.forget("alpha0001")
    assert queueing.behind("alpha0001") == 0
