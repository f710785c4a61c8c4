"""A job's history says all that happened to it, when, where and why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.driver import TELL_PACE, Driver
from armarius.client.errors import SiteUnreachable
from armarius.client.history import Entry, history_of
from armarius.client.jobs.advance import advance
from armarius.client.jobs.computing import BREATHER_SECONDS
from armarius.client.jobs.state import JobState
from armarius.client.journal.witnesses import Begun, CheckpointHome, Ended, HandedOver, Happening, Moved, Opened
from armarius.functions.contracts import Outcome, Phase, Progress, Reason, RecognitionParameters
from support.desk import MODEL, Bench
from support.several import Several, checkpoint, queue, several

HOURS = 3600.0


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha={"walltimes": ("8h",)}, beta={"walltimes": ("8h",)}) as ready:
        ready.fakes["beta"].queue = queue(2 * HOURS)
        ready.create(parameters=RecognitionParameters(batch_size=1, quit="fixed", epochs=50))
        yield ready


def told(made: Bench) -> list[Happening]:
    heard: list[Happening] = []
    made.journal.witnesses.add(heard.append)
    return heard


def history(made: Bench) -> list[Entry]:
    return history_of(made.journal, made.journal.job("job1"))


def found(made: Bench, what: str) -> Entry:
    (entry,) = [each for each in history(made) if each.what == what]
    return entry


def begin(made: Several) -> None:
    made.until(JobState.CALIBRATING)
    made.clock.pass_(90)
    made.fakes["alpha"].begin("job1-1", Progress(at=1, phase=Phase.TRAINING, step=50))
    made.fakes["alpha"].runs["job1-1"].checkpoint = checkpoint()
    made.until(JobState.TRAINING, most=2)


def test_from_the_beginning_to_the_end(both: Several) -> None:
    heard = told(both)
    begin(both)
    both.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    both.until(JobState.DONE)
    told_of = [(each.what, each.site) for each in history(both)]
    assert told_of[0] == ("written down", "")
    for what in ("placed", "sending files", "files there", "calibrating", "started", "training", "run finished"):
        assert (what, "alpha") in told_of
    assert told_of[-1] == ("done", "alpha")
    assert [each.at for each in history(both)] == sorted(each.at for each in history(both))
    assert "; beta: 1 h " in found(both, "placed").why, "what the other site would have taken"
    assert found(both, "started").why == "after 1 min 30 s"
    assert [type(each) for each in heard if not isinstance(each, Moved)] == [Opened, HandedOver, Begun, Ended]
    (end,) = [each for each in heard if isinstance(each, Ended)]
    assert (end.site, end.kind, end.outcome, end.seconds) == ("alpha", "recognition", "finished", 1.0)
    assert [each.waited for each in heard if isinstance(each, Begun)] == [90.0]


def test_a_pause_a_move_and_the_checkpoint_on_its_way(both: Several) -> None:
    begin(both)
    both.fakes["alpha"].queue, both.fakes["beta"].queue = queue(5 * HOURS), queue(0)
    both.clock.pass_(61)
    both.fakes["alpha"].end("job1-1", Outcome.PAUSED, Reason.WALLTIME, checkpoint=checkpoint())
    both.until(JobState.PLACED, most=2)
    both.until(JobState.TRAINING)
    assert found(both, "run paused").why.startswith("walltime")
    moved = found(both, "moved")
    assert (moved.site, moved.run) == ("beta", "job1-2")
    assert "moving from alpha saves about" in moved.why
    assert "step 50" in found(both, "checkpoint home").why


def test_a_silence_and_what_was_given_up_for_it(both: Several) -> None:
    heard = told(both)
    begin(both)
    both.fakes["alpha"].reachable = False
    since = both.clock.now()
    for _ in range(12):
        with pytest.raises(SiteUnreachable):
            advance(both.desk(), "job1")
        both.clock.pass_(601)
    both.until(JobState.PLACED, most=2)
    assert ("alpha", "given up") in [(each.site, each.outcome) for each in heard if isinstance(each, Ended)]
    silent = found(both, "site silent")
    assert (silent.at, silent.run, silent.why) == (since, "job1-1", "The fake site does not answer.")
    assert found(both, "given up").at == both.clock.now()
    assert found(both, "moved").site == "beta"
    both.fakes["alpha"].reachable = True
    both.clock.pass_(TELL_PACE)
    Driver(both.desk("teller"))._tell()
    assert found(both, "told to end").run == "job1-1"


def test_a_short_silence_ends(both: Several) -> None:
    begin(both)
    both.fakes["alpha"].reachable = False
    desk = both.desk()
    with pytest.raises(SiteUnreachable):
        advance(desk, "job1")
    both.clock.pass_(300)
    both.fakes["alpha"].reachable = True
    advance(desk, "job1")
    assert found(both, "site answers again").why == "after 5 min"
    both.fakes["alpha"].reachable = False
    both.clock.pass_(3000)
    both.journal.sites.did_not_answer("alpha", "Again.", both.clock.now())
    assert [each.why for each in history(both) if each.what == "site silent"] == [silent_again, "Again."]


silent_again = "The fake site does not answer."


def test_a_run_that_nobody_computed_is_handed_over_again(made: Bench) -> None:
    heard = told(made)
    made.create()
    made.until(JobState.CALIBRATING)
    made.site.lose("job1-1")
    made.clock.pass_(BREATHER_SECONDS)
    advance(made.desk(), "job1")
    assert "2 times" in found(made, "handed over again").why
    assert [each.times for each in heard if isinstance(each, HandedOver)] == [1, 2]


def test_a_checkpoint_that_comes_home_is_told(both: Several) -> None:
    heard = told(both)
    both.journal.keeping.came_home("job1", checkpoint(), both.clock.now())
    assert [(each.job, each.step) for each in heard if isinstance(each, CheckpointHome)] == [("job1", 50)]


def test_who_cannot_note_it_harms_nobody(made: Bench, caplog: pytest.LogCaptureFixture) -> None:
    made.journal.witnesses.add(lambda _: 1 / 0)
    heard = told(made)
    made.create()
    assert [type(each) for each in heard] == [Moved]
    assert "Moved could not be noted" in caplog.text
