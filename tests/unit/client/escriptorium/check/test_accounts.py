"""What an admin is told of the accounts that users have connected."""

from pathlib import Path

import pytest

from armarius.client.adapters.globus.app import NATIVE_ID_VARIABLE
from armarius.client.escriptorium.accounts.book import opened_accounts
from armarius.client.escriptorium.check.accounts import accounts
from armarius.client.escriptorium.record.sealing import KEYS_VARIABLE, Seal, new_key
from support.escriptorium import Instance
from support.globus_bench import site_config


@pytest.fixture(autouse=True)
def home(here: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARMARIUS_HOME", str(tmp_path / "home"))
    for name in (KEYS_VARIABLE, NATIVE_ID_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def with_site(home: Path) -> None:
    sites = home / "config" / "sites"
    sites.mkdir(parents=True)
    site = site_config(own_accounts=True)
    functions = "\n".join(
        f'[functions.{name}]\nid = "{each.id}"\nsha256 = "{each.sha256}"' for name, each in site.functions.items()
    )
    (sites / "lab.toml").write_text(
        f'kind = "globus"\nendpoint = "{site.endpoint}"\nown_accounts = true\nwalltimes = ["30m"]\n'
        f'[data]\ncollection = "{site.data.collection}"\nroot = "/home/{{account}}/armarius"\n'
        f'[[shapes]]\nname = "cpu4"\ncpus = 4\nmemory = 8589934592\n{functions}\n'
    )


def marks() -> list[str]:
    return [verdict.mark for verdict in accounts()]


def test_nothing_is_said_where_nobody_wants_them() -> None:
    assert marks() == []


def test_a_key_is_missing(home: Path) -> None:
    with_site(home)
    (verdict,) = accounts()
    assert (verdict.mark, verdict.said) == ("note", f"lab has accounts of people's own, and {KEYS_VARIABLE} is not set")


def test_accounts_are_looked_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_site(home)
    old, new = new_key(), new_key()
    monkeypatch.setenv(KEYS_VARIABLE, old)
    assert marks() == ["wrong", "ok"], "the application is missing"
    monkeypatch.setenv(NATIVE_ID_VARIABLE, "an-id")
    with opened_accounts() as book:
        book.connect(1, "id", "erna@uni", Seal([old]).close(1, {}), 1.0)
        book.connect(2, "id", "fritz@uni", Seal([old]).close(2, {}), 1.0)
        row = book.find(2)
        assert row is not None
        book.break_(2, row.stamp, "taken back")
    (verdict,) = accounts()
    assert verdict.said == "2 are connected, 1 of them must be connected again"
    monkeypatch.setenv(KEYS_VARIABLE, new)
    (verdict,) = accounts()
    assert (verdict.mark, verdict.said) == ("wrong", "2 of 2 connected accounts cannot be decrypted")
