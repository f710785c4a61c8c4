"""Connecting an HPC account, over HTTP, with the local Globus Auth."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from globus_sdk import AuthAPIError, ComputeClientV2
from globus_sdk.transport import RetryConfig

from armarius.client.errors import AccountNeeded
from armarius.client.escriptorium.accounts.keys import LentKeys
from armarius.client.escriptorium.accounts.names import name_of
from armarius.client.escriptorium.record import Ledger
from armarius.client.escriptorium.record.sealing import KEYS_VARIABLE, Seal, new_key
from support.cloud import CAROL, MALLORY, NATIVE_CLIENT, LocalCloud
from support.escriptorium_doors import Browser, House, messages, serving

KEY = new_key()
PAGE, CONNECT, DISCONNECT = "/account/", "/account/connect/", "/account/disconnect/"
STRANGE = ["This is not what was begun here. Connect again."]


@pytest.fixture(scope="module")
def variables(provider: LocalCloud) -> dict[str, str]:
    return {**provider.environment(None), "ARMARIUS_GLOBUS_CLIENT_ID": NATIVE_CLIENT, KEYS_VARIABLE: KEY}


@pytest.fixture(scope="module")
def house(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with serving(tmp_path_factory.mktemp("accounts") / "escriptorium", {}, **variables) as made:
        yield made


@pytest.fixture
def carol(house: House, provider: LocalCloud) -> Browser:
    """A user of eScriptorium whom Globus knows as carol; nothing is connected."""
    provider.faults.remove()
    return somebody(house, "guigo", CAROL.id)


def somebody(house: House, name: str, identity: str) -> Browser:
    if name not in house.usernames():
        house.people({"username": name, "password": "secret", "email": f"{name}@uni.example"})
    browser = Browser(house, identity)
    browser.password(name, "secret")
    if "Disconnect" in (page := browser.see(PAGE)).text:
        browser.press(page, DISCONNECT)
    return browser


@pytest.fixture
def ledger(house: House) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{house.folder / 'home' / 'journal.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def keys(ledger: Ledger, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[LentKeys]:
    """What a driver has of what was connected."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    lent = LentKeys(ledger.accounts, Seal.from_environment())
    yield lent
    lent.close()


def test_connected_used_and_disconnected(
    carol: Browser, house: House, provider: LocalCloud, keys: LentKeys, ledger: Ledger
) -> None:
    assert "Nothing is connected" in carol.see(PAGE).text
    page = carol.press(carol.see(PAGE), CONNECT)
    assert messages(page) == [f"Connected: {CAROL.username}."]
    (row,) = ledger.accounts.all()
    assert row.identity == CAROL.id
    lent = name_of(row.user)
    compute(keys, lent)  # Globus takes it
    provider.faults.expire_tokens(CAROL.id)
    compute(keys, lent)  # and what was renewed
    renewed = ledger.accounts.find(row.user)
    assert renewed is not None and renewed.sealed != row.sealed, "the renewed ones are kept"
    servers = set(rows(provider, "SELECT resource_server FROM token WHERE identity = ?", CAROL.id))
    assert servers == {"auth.globus.org", "funcx_service"}, "nothing of Transfer is asked for"
    tokens = issued(provider, CAROL.id)
    assert len(tokens) >= 4
    assert holding(house, tokens | {KEY}) == []

    left = carol.press(carol.see(PAGE), DISCONNECT)
    assert messages(left) == ["Disconnected: what you had granted is revoked and deleted."]
    assert "Nothing is connected" in left.text
    assert ledger.accounts.all() == []
    assert keys.stamp(lent) is None
    with pytest.raises(AccountNeeded, match="is not connected"):
        keys.app(lent)
    stored = {token["refresh_token"] for token in Seal([KEY]).open(row.user, renewed.sealed).values()}
    assert issued(provider, CAROL.id) & stored == set(), "they are worthless at Globus, too"


def test_a_consent_that_was_taken_back(carol: Browser, provider: LocalCloud, keys: LentKeys, ledger: Ledger) -> None:
    carol.press(carol.see(PAGE), CONNECT)
    (row,) = ledger.accounts.all()
    lent = name_of(row.user)
    app = keys.app(lent)
    compute(keys, lent)
    provider.faults.answer("/v2/oauth2/token", 500, times=None)
    provider.faults.expire_tokens(CAROL.id)
    with pytest.raises(AuthAPIError):
        refresh(app)
    assert keys.stamp(lent) == row.stamp, "that Globus cannot serve just now breaks nothing"
    provider.faults.remove()
    provider.faults.revoke_consents(CAROL.id)
    with pytest.raises(AuthAPIError):
        refresh(app)
    assert keys.stamp(lent) is None
    page = carol.see(PAGE)
    assert "cannot be used any more" in page.text
    assert "the consent was taken back" in page.text
    carol.press(page, CONNECT)
    assert keys.app(lent) is not app
    compute(keys, lent)


def test_a_session_takes_only_what_it_has_begun(carol: Browser, house: House, ledger: Ledger) -> None:
    """Nobody can bring another's session to use an account that is not its user's."""
    mallory = somebody(house, "mallory", MALLORY.id)
    foreign = begun(mallory)
    assert messages(carol.see(foreign)) == STRANGE
    own = begun(carol)
    assert messages(carol.see(foreign)) == STRANGE, "another state"
    assert messages(carol.see(own)) == STRANGE, "it was good for one return"
    again = begun(carol)
    swapped = returning(again, code=asked(foreign)["code"], state=asked(again)["state"])
    assert "invalid_grant" in messages(carol.see(swapped))[0], "PKCE: a code that another verifier belongs to"
    third = begun(carol)
    assert messages(carol.see(returning(third, error="access_denied", state=asked(third)["state"]))) == [
        "Nothing was connected."
    ]
    assert ledger.accounts.all() == []
    assert Browser(house).see(PAGE).url.endswith("/login/?next=/account/")
    assert requests.post(house.url + CONNECT[1:], timeout=30).status_code == 403
    assert carol.see(CONNECT).status_code == 405


def test_keys_can_be_changed(carol: Browser, house: House, ledger: Ledger) -> None:
    carol.press(carol.see(PAGE), CONNECT)
    new = new_key()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "armarius.client.escriptorium.check.cli", "reseal"],
        env={**os.environ, **house.environment, KEYS_VARIABLE: f"{new} {KEY}"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert "1 accounts are encrypted with the first key." in done.stdout, done.stderr
    (row,) = ledger.accounts.all()
    assert Seal([new]).open(row.user, row.sealed)


def begun(browser: Browser) -> str:
    """Signs in at Globus; returns where the browser would come back to."""
    token = browser.see(PAGE).text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    first = browser.post(
        browser.house.url + CONNECT[1:], data={"csrfmiddlewaretoken": token}, allow_redirects=False, timeout=30
    )
    page = browser.next_of(first)
    assert asked(page)["code_challenge_method"] == "S256"
    assert asked(page)["prompt"] == "login"
    return browser.next_of(browser.get(browser.identified(page), allow_redirects=False, timeout=30))


def asked(url: str) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


def returning(url: str, **query: str) -> str:
    return f"{url.split('?')[0]}?{urllib.parse.urlencode(query)}"


def refresh(app: object) -> None:
    """What globus-sdk does when an access token is good no more."""
    authorizer = app.get_authorizer("funcx_service")
    authorizer._get_new_access_token()


def compute(keys: LentKeys, identity: str) -> None:
    """Asks Globus Compute something under an identity."""
    with ComputeClientV2(app=keys.app(identity), retry_config=RetryConfig(max_retries=1, max_sleep=0.1)) as client:
        client.get_version()
        client.get("/v2/endpoints")


def rows(provider: LocalCloud, query: str, *values: str) -> list[str]:
    with contextlib.closing(sqlite3.connect(provider.config.state / "cloud.sqlite")) as store:
        return [str(row[0]) for row in store.execute(query, values)]


def issued(provider: LocalCloud, identity: str) -> set[str]:
    return set(rows(provider, "SELECT value FROM token WHERE identity = ?", identity))


def holding(house: House, secrets: set[str]) -> list[Path]:
    """Files of eScriptorium that hold one in the clear: its database, the journal, its log."""
    paths = [path for path in house.folder.rglob("*") if path.is_file()]
    assert {path.name for path in paths} >= {"database", "journal.sqlite", "web.log"}
    return [path for path in paths if any(secret.encode() in path.read_bytes() for secret in secrets)]
