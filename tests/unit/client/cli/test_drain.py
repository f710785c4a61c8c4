"""Taking a site out of the pool for a while, by a command that every driver heeds."""

import pytest

from armarius.client.job import Job
from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from armarius.client.words import local_moment
from support.desk import Bench

from .conftest import Armarius


def test_drained_and_taken_back(armarius: Armarius, pool: Pool, made: Bench, job: Job) -> None:
    assert armarius("drain", "alpha").output == "alpha takes nothing new; what it has ends there.\n"
    assert pool.driver.look(job.id).state is JobState.WAITING, "though that driver was there before"
    assert "drained" in armarius("sites").output
    assert armarius("undrain", "alpha").output == "alpha takes jobs again.\n"
    made.clock.pass_(60)
    assert pool.driver.look(job.id).state is JobState.PLACED
    assert armarius("undrain", "alpha").output == "alpha was not drained.\n"


def test_to_be_emptied(armarius: Armarius, made: Bench) -> None:
    said = armarius("drain", "alpha", "--move", "--until", "2h").output
    end = made.clock.now() + 7200
    assert said == f"alpha takes nothing new until {local_moment(end)}; what it has goes on elsewhere.\n"
    assert made.desk().is_emptying("alpha")
    assert "being emptied" in armarius("sites").output
    made.clock.pass_(7200)
    assert not made.desk().is_drained("alpha")


def test_a_maintenance_that_is_planned(armarius: Armarius, made: Bench) -> None:
    begin = made.clock.now() + 7200
    said = armarius("drain", "alpha", "--from", "2h", "--until", "8h").output
    assert said.startswith(
        f"alpha takes nothing new from {local_moment(begin)} on until {local_moment(begin + 28800)};"
    )
    drain = made.desk().drain_of("alpha")
    assert drain is not None and (drain.begins, drain.ends) == (begin, begin + 28800)
    assert f"open until {local_moment(begin)}" in armarius("sites").output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "tomorrow"), "'tomorrow' is no date."),
        (("--from", "2026-12-01", "--until", "2026-11-01"), "over before it begins"),
    ],
)
def test_no_such_time(armarius: Armarius, made: Bench, options: tuple[str, ...], said: str) -> None:
    assert said in armarius("drain", "alpha", *options, code=2).output
    assert made.journal.drains.all() == {}


def test_no_such_site(armarius: Armarius, made: Bench) -> None:
    assert "There is no site 'nowhere'" in armarius("drain", "nowhere", code=1).output
    assert "There is no site 'nowhere'" in armarius("undrain", "nowhere", code=1).output


def test_what_a_site_file_has_closed_no_command_opens(armarius: Armarius, made: Bench) -> None:
    made.config = made.config.model_copy(update={"drained": True})
    assert "its site file says" in armarius("undrain", "alpha").output
