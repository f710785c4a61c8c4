"""Jobs under people's own accounts."""

import pytest

from armarius.client.driver import Driver
from armarius.client.errors import AccountNeeded, SiteUnknown
from armarius.client.jobs import people
from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.places import identity_of, place_of, site_of
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.functions.contracts import Outcome
from support.desk import MODEL, Bench, step
from support.lent_keys import Cluster, FakeKeys


@pytest.fixture
def cluster(made: Bench) -> Cluster:
    return Cluster(made, FakeKeys({"erna": "1", "fritz": "1"}))


def until(cluster: Cluster, job_id: str, state: JobState) -> JobRow:
    for _ in range(15):
        job = step(cluster.desk(), job_id)
        if job.state is state:
            return job
    raise AssertionError((job.state, job.error))


def write_down(made: Bench, job_id: str, identity: str | None) -> None:
    made.create(job_id, identity=identity, output=made.folder / job_id)
    (made.folder / job_id).mkdir()


def test_places() -> None:
    assert place_of("alpha", None) == site_of("alpha") == "alpha"
    assert identity_of("alpha") is None
    place = place_of("alpha-2.x", "user-17")
    assert (site_of(place), identity_of(place)) == ("alpha-2.x", "user-17")


def test_each_runs_under_their_own(made: Bench, cluster: Cluster) -> None:
    for name, identity in (("job1", "erna"), ("job2", "fritz"), ("job3", None)):
        write_down(made, name, identity)
        job = until(cluster, name, JobState.CALIBRATING)
        assert job.run is not None
        assert job.run.site == place_of("alpha", identity)
    assert {identity: list(site.runs) for identity, site in cluster.sites.items()} == {
        None: ["job3-1"],
        "erna": ["job1-1"],
        "fritz": ["job2-1"],
    }
    cluster.sites["erna"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    job = until(cluster, "job1", JobState.DONE)
    assert cluster.sites["erna"].released == ["job1-1"]
    assert "alpha as erna" in " ".join(event.message for event in job.events)


def test_where_nobody_has_an_own_account_it_is_the_pools(made: Bench, cluster: Cluster) -> None:
    cluster.config = cluster.config.model_copy(update={"own_accounts": False})
    write_down(made, "job1", "erna")
    job = until(cluster, "job1", JobState.CALIBRATING)
    assert job.run is not None and job.run.site == "alpha"


def test_a_key_that_is_missing_holds_up_its_owner_alone(made: Bench, cluster: Cluster) -> None:
    write_down(made, "job1", "erna")
    write_down(made, "job2", "fritz")
    until(cluster, "job1", JobState.CALIBRATING)
    del cluster.keys.stamps["erna"]
    driver = Driver(cluster.desk())
    driver.look("job1")
    assert driver.trouble == "", "else all others would take it for an outage"
    with pytest.raises(AccountNeeded, match="is not connected"):
        advance(cluster.desk(), "job1")
    until(cluster, "job2", JobState.CALIBRATING)

    cluster.keys.stamps["erna"] = "2"  # connected anew
    cluster.sites["erna"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    until(cluster, "job1", JobState.DONE)
    assert cluster.closed == ["erna"], "the way that the old key opened"


def test_a_job_whose_key_is_gone_can_be_cancelled(made: Bench, cluster: Cluster) -> None:
    write_down(made, "job1", "erna")
    until(cluster, "job1", JobState.CALIBRATING)
    del cluster.keys.stamps["erna"]
    made.journal.ask_to_cancel("job1", made.clock.now())
    assert advance(cluster.desk(), "job1").state is JobState.CANCELLED


def test_begun_anew_under_the_pools_own(made: Bench, cluster: Cluster) -> None:
    """Nothing is asked of the account that is closed, nor any checkpoint that is there."""
    write_down(made, "job1", "erna")
    until(cluster, "job1", JobState.CALIBRATING)
    del cluster.keys.stamps["erna"]
    desk = cluster.desk()
    assert desk.claim("job1")
    desk.journal.give_to_pool("job1", desk.owner, made.clock.now(), "begun anew")
    job = until(cluster, "job1", JobState.CALIBRATING)
    assert [run.site for run in job.runs] == ["alpha as erna", "alpha"]
    assert list(made.site.runs) == ["job1-2"]
    made.site.end("job1-2", Outcome.FINISHED, models=(MODEL,))
    until(cluster, "job1", JobState.DONE)


def test_without_keys_nothing_is_opened(made: Bench, cluster: Cluster) -> None:
    with pytest.raises(SiteUnknown):
        made.desk().link("alpha as erna")


def test_a_driver_without_keys_leaves_it_to_another(made: Bench, cluster: Cluster) -> None:
    write_down(made, "job1", "erna")
    keyless = Desk(made.journal, {"alpha": cluster.common}, made.clock, "elsewhere|two|1")
    driver = Driver(keyless)
    for _ in range(3):
        assert not driver.look("job1").runs
    until(cluster, "job1", JobState.CALIBRATING)
    driver.look("job1")
    assert [run.site for run in made.journal.job("job1").runs] == ["alpha as erna"]


def test_lines_are_few_and_idle_ones_are_hung_up(
    made: Bench, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_LINES", 2)
    cluster.keys.stamps |= {f"p{number}": "1" for number in range(3)}
    for number in range(3):
        made.clock.pass_(1)
        cluster.people.link(cluster.common, f"p{number}")
    assert cluster.hung_up == ["p0"]
    made.clock.pass_(people.LINE_SECONDS + 1)
    cluster.people.link(cluster.common, "p0")
    assert cluster.hung_up == ["p0", "p1", "p2"]
    assert cluster.closed == []
    made.clock.pass_(people.KEPT_SECONDS)
    cluster.people.link(cluster.common, "p2")
    assert sorted(cluster.closed) == ["p1"]
    cluster.people.close()
    assert sorted(cluster.closed) == ["p0", "p1", "p2"]
