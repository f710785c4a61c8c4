"""Where everybody has an account of their own, the site says whose it is that answers."""

from uuid import UUID

import pytest

from armarius.client.adapters.globus.account import AccountOf
from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.config import DataPath, OwnCollection
from armarius.client.errors import SiteRefused
from support.globus_bench import GlobusBench, report


def route(bench: GlobusBench, root: str, tmp_path: object) -> Route:
    own = OwnCollection(collection=UUID(int=3), path=tmp_path, seen_as="/t")
    return Route("lab", DataPath(collection=UUID(int=2), root=root), own, AccountOf("lab", bench.compute))


def test_it_is_asked_once(tmp_path: object) -> None:
    bench = GlobusBench()
    bench.answer({**report(), "account": "jo"})
    made = route(bench, "/home/{account}/armarius", tmp_path)
    for _ in range(2):
        assert made.seen_in_inbox("r1-in") == "/home/jo/armarius/inbox/r1-in.zip"


def test_it_is_not_asked_where_nothing_depends_on_it(tmp_path: object) -> None:
    assert route(GlobusBench(), "/armarius", tmp_path).seen_there("runs/r1") == "/armarius/runs/r1"


@pytest.mark.parametrize("account", ["", "..", "jo/../root", "a b", "/", "-rf"])
def test_what_leads_elsewhere_is_no_account(tmp_path: object, account: str) -> None:
    bench = GlobusBench()
    bench.answer({**report(), "account": account})
    with pytest.raises(SiteRefused, match="no account"):
        route(bench, "/home/{account}", tmp_path).seen_there("runs/r1")
