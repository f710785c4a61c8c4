"""Work on pages under the account that their user has connected."""

from typing import Any

import pytest

from armarius.client.escriptorium.accounts.names import name_of
from armarius.client.pool import Pool
from support import escriptorium
from support.desk import Bench
from support.escriptorium import Instance
from support.escriptorium_pages import PageLife
from support.lent_keys import Cluster, FakeKeys

LOST = "HPC account is not connected any more"


@pytest.mark.parametrize(("on_lost", "said"), [("wait", "of pages waits"), ("pool", "of pages goes on under")])
def test_it_runs_under_the_account_and_does_as_the_admin_says_when_that_is_lost(
    made: Bench, here: Instance, heard: list[dict[str, Any]], on_lost: str, said: str
) -> None:
    name = name_of(here.user.pk)
    cluster = Cluster(made, FakeKeys({name: "1"}))
    with escriptorium.office(made, on_lost_account=on_lost) as office:
        office.pool.driver.close()
        object.__setattr__(office, "pool", Pool(office.pool.config, cluster.desk()))
        office.ledger.accounts.connect(here.user.pk, "id", "guigo@uni", "sealed", 1.0)
        life = PageLife(office, made, here, heard)
        (asked,) = life.press([here.part(1)])
        for _ in range(12):
            life.step()
            made.clock.pass_(1)
            if life.pressed(asked).job and name in cluster.sites and cluster.sites[name].runs:
                break
        assert life.page_job(asked).request.identity == name
        cluster.keys.stamps.clear()
        account = office.ledger.accounts.find(here.user.pk)
        office.ledger.accounts.break_(account.user, account.stamp, "taken back")
        life.step(5)
        told = [text for _, text in life.notified() if LOST in text]
        assert len(told) == 1
        assert said in told[0]
        assert (life.page_job(asked).request.identity is None) is (on_lost == "pool")
