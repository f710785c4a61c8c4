"""Trainings under the account that their user has connected."""

from typing import Any

import pytest

from armarius.client.escriptorium.accounts.names import name_of
from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from support import escriptorium
from support.desk import Bench
from support.escriptorium import Instance
from support.escriptorium_life import Life
from support.lent_keys import Cluster, FakeKeys

LOST = "HPC account is not connected any more"


class Lives:
    """Opens a life on a cluster of own accounts, one of which a user has connected."""

    def __init__(self, made: Bench, here: Instance, heard: list[dict[str, Any]]) -> None:
        self.made, self.here, self.heard = made, here, heard
        self.name = name_of(here.user.pk)
        self.cluster = Cluster(made, FakeKeys({self.name: "1"}))

    def begin(self, office: Any) -> Life:
        office.pool.driver.close()
        object.__setattr__(office, "pool", Pool(office.pool.config, self.cluster.desk()))
        office.ledger.accounts.connect(self.here.user.pk, "id", "guigo@uni", "sealed", 1.0)
        return Life(office, self.made, self.here, self.heard)

    def lose(self, life: Life) -> None:
        """What happens when Globus refuses to refresh."""
        self.cluster.keys.stamps.clear()
        account = life.office.ledger.accounts.find(self.here.user.pk)
        assert account is not None
        life.office.ledger.accounts.break_(account.user, account.stamp, "taken back")

    def until_computing(self, life: Life, asked: Any, identity: str | None) -> None:
        """Looks until a training is computed under an account; None: the pool's."""
        for _ in range(12):
            life.step()
            job = life.office.job(life.row(asked))
            if job is not None and job.state.computing and job.run is not None:
                site = self.cluster.sites.get(identity)
                if site is not None and job.run.id in site.runs:
                    return
        raise AssertionError("never computed there")


@pytest.fixture
def lives(made: Bench, here: Instance, heard: list[dict[str, Any]]) -> Lives:
    return Lives(made, here, heard)


def test_it_runs_under_the_account_and_waits_for_it(lives: Lives) -> None:
    with escriptorium.office(lives.made) as office:
        life = lives.begin(office)
        asked = life.ask()
        lives.until_computing(life, asked, lives.name)
        assert life.job(asked).request.identity == lives.name
        lives.lose(life)
        life.step(5)
        told = [text for _, text in life.notified() if LOST in text]
        assert len(told) == 1, "once"
        assert life.job(asked).state is JobState.CALIBRATING
        lives.cluster.keys.stamps[lives.name] = "2"
        office.ledger.accounts.connect(lives.here.user.pk, "id", "guigo@uni", "sealed", 2.0)
        life.step(3)
        assert [run.site for run in life.job(asked).runs] == [f"alpha as {lives.name}"]


def test_it_begins_anew_under_the_pools(lives: Lives) -> None:
    with escriptorium.office(lives.made, on_lost_account="pool") as office:
        life = lives.begin(office)
        asked = life.ask()
        lives.until_computing(life, asked, lives.name)
        lives.lose(life)
        lives.until_computing(life, asked, None)
        assert any(LOST in text and "goes on" in text for _, text in life.notified())
        second = life.ask(life.here.model("Another"))
        lives.until_computing(life, second, None)
        assert life.job(second).request.identity is None


def test_who_has_connected_nothing_uses_the_pools(lives: Lives) -> None:
    with escriptorium.office(lives.made) as office:
        life = lives.begin(office)
        office.ledger.accounts.forget(lives.here.user.pk)
        asked = life.ask()
        lives.until_computing(life, asked, None)
        assert life.job(asked).request.identity is None
