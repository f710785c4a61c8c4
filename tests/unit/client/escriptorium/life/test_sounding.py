"""Sites are asked how they are, and one that is drained on a page takes nothing new."""

import pytest

from armarius.client.driver import WAITING_PACE
from armarius.client.escriptorium.life.sounding import SELDOM_SECONDS, SOON_SECONDS, Sounding
from armarius.client.jobs.state import JobState
from armarius.client.journal import Drain
from armarius.client.journal.drains import FRESH_SECONDS
from armarius.client.journal.sitetables import SiteRow
from support.escriptorium_life import Life


@pytest.fixture
def sounding(life: Life) -> Sounding:
    return Sounding(life.office)


def probes(life: Life, sounding: Sounding) -> int:
    """How often the site was asked when it was looked at once more."""
    before = life.made.site.calls.count("probe")
    sounding.look()
    sounding.rest(60)
    return life.made.site.calls.count("probe") - before


def row(life: Life) -> SiteRow:
    return life.made.journal.sites.all()["alpha"]


def test_seldom_while_nobody_needs_it(life: Life, sounding: Sounding) -> None:
    assert probes(life, sounding) == 1
    life.made.clock.pass_(SOON_SECONDS + 1)
    assert probes(life, sounding) == 0
    life.made.clock.pass_(SELDOM_SECONDS)
    assert probes(life, sounding) == 1


def test_soon_while_somebody_trains(life: Life, sounding: Sounding) -> None:
    assert probes(life, sounding) == 1
    life.ask()
    assert probes(life, sounding) == 0
    life.made.clock.pass_(SOON_SECONDS + 1)
    assert probes(life, sounding) == 1


def test_soon_while_somebody_looks(life: Life, sounding: Sounding) -> None:
    assert probes(life, sounding) == 1
    life.made.clock.pass_(SOON_SECONDS + 1)
    life.office.ledger.sites.looked_at(life.office.now())
    assert probes(life, sounding) == 1


def test_what_it_said_is_kept_while_it_is_silent(life: Life, sounding: Sounding) -> None:
    probes(life, sounding)
    heard = row(life).heard
    life.made.site.reachable = False
    life.made.clock.pass_(SELDOM_SECONDS + 1)
    probes(life, sounding)
    silent = row(life)
    assert (silent.heard, silent.trouble) == (heard, "The fake site does not answer.")
    assert silent.report_json is not None
    assert silent.silent == life.office.now()
    life.made.site.reachable = True
    life.made.clock.pass_(SELDOM_SECONDS + 1)
    probes(life, sounding)
    assert row(life).trouble == ""


def test_an_answer_in_other_words_is_no_answer(life: Life, sounding: Sounding) -> None:
    life.made.site._probe = lambda payload: {"strange": payload}
    probes(life, sounding)
    assert "It answered in words of another release" in row(life).trouble


def test_what_nobody_has_foreseen_is_logged_and_not_asked_again_at_once(
    life: Life, sounding: Sounding, caplog: pytest.LogCaptureFixture
) -> None:
    life.made.site._probe = lambda payload: {}[payload["whole"]]
    assert probes(life, sounding) == 1
    assert "alpha could not be asked how it is" in caplog.text
    life.ask()
    assert probes(life, sounding) == 0


def test_what_placement_has_just_heard_is_not_asked_again(life: Life, sounding: Sounding) -> None:
    life.office.pool.desk.ask("alpha")
    life.ask()
    assert probes(life, sounding) == 0


def test_a_site_that_is_configured_no_more_is_forgotten(life: Life, sounding: Sounding) -> None:
    book = life.office.ledger.sites
    book.configured([life.made.config, life.made.config.model_copy(update={"name": "beta"})])
    assert [each.name for each in book.all()] == ["alpha", "beta"]
    sounding.look()
    assert [each.name for each in book.all()] == ["alpha"]


def test_what_is_drained_takes_nothing_new_and_ends_what_it_has(life: Life, sounding: Sounding) -> None:
    journal = life.made.journal  # as another process has it open, such as the web server's
    before = life.ask()
    run = life.until_computing(before)

    now = life.office.now()
    journal.drains.drain(Drain("alpha", "admin", now, now))
    life.made.clock.pass_(FRESH_SECONDS)
    after = life.ask(life.here.model("Another"))
    life.step(8)
    assert life.job(after).state is JobState.WAITING
    life.finish(run)
    life.until_ended(before)

    assert journal.drains.undrain("alpha")
    life.made.clock.pass_(WAITING_PACE)
    life.until_computing(after)
