"""Signing in by OpenID Connect, over HTTP, with a provider that can be made to lie."""

import contextlib
import sqlite3
import urllib.parse

import requests

from support.cloud import LocalCloud
from support.escriptorium_doors import Browser, House, messages

from .conftest import ERNA, FRITZ, PORTAL, SECRET, Open

BEGIN = "/sign-in/login/oidc/"


def enter(browser: Browser) -> requests.Response:
    return browser.press(browser.see("/login/"), BEGIN)


def test_a_newcomer_gets_an_account_and_no_token_is_kept(provider: LocalCloud, open_oidc: Open) -> None:
    house = open_oidc(new_users=True, groups=["scholars"])
    for _ in range(2):
        erna = Browser(house, ERNA)
        enter(erna)
        assert erna.who() == "erna"
    shown = {"username": "erna", "email": "erna@uni.example", "name": "", "groups": ["scholars"]}
    assert house.people() == [shown]
    database = house.database.read_bytes() + house.log.read_bytes()
    with contextlib.closing(sqlite3.connect(provider.config.state / "cloud.sqlite")) as store:
        issued = [row[0] for row in store.execute("SELECT value FROM token")]
    assert issued
    assert [token for token in [*issued, SECRET] if token.encode() in database] == []


def test_nobody_takes_an_account_over(open_oidc: Open) -> None:
    house = open_oidc(new_users=True)
    house.people(
        {"username": "old", "password": "her own", "email": "Erna@uni.example"},
        {"username": "fritz", "password": "another's", "email": "another@uni.example"},
    )
    (why,) = messages(enter(erna := Browser(house, ERNA)))
    assert "is there already" in why
    assert erna.who() is None
    fritz = Browser(house, FRITZ)
    enter(fritz)
    assert (fritz.who() or "").startswith("fritz")
    assert fritz.who() != "fritz", "another name was found for him"

    erna.password("old", "her own")  # but she may link it herself
    enter(erna)
    again = Browser(house, ERNA)
    enter(again)
    assert again.who() == "old"


def test_accounts_are_linked_by_verified_addresses_alone(provider: LocalCloud, open_oidc: Open) -> None:
    house = open_oidc(link="email")
    house.people(
        {"username": "old", "password": "a", "email": "erna@uni.example"},
        {"username": "not-his", "password": "b", "email": "fritz@uni.example"},
    )
    erna, fritz = Browser(house, ERNA), Browser(house, FRITZ)
    enter(erna)
    assert erna.who() == "old"
    (why,) = messages(enter(fritz))
    assert "is there already" in why
    assert fritz.who() is None


def test_newcomers_stay_outside_unless_the_admin_lets_them_in(provider: LocalCloud, open_oidc: Open) -> None:
    house = open_oidc()
    (why,) = messages(enter(Browser(house, ERNA)))
    assert "You have no account here. Ask the administrators" in why
    assert house.people() == []


def test_what_is_wrong_with_an_identity_token_is_noticed(provider: LocalCloud, open_oidc: Open) -> None:
    house = open_oidc(new_users=True)
    reasons = {
        "audience": "Invalid audience",
        "issuer": "Invalid issuer",
        "nonce": "nonce",
        "signature": "Signature verification failed",
    }
    for what, reason in reasons.items():
        provider.faults.forge(what)
        erna = Browser(house, ERNA)
        (why,) = messages(enter(erna))
        assert reason in why, what
        assert erna.who() is None
    assert house.people() == []


def test_a_sign_in_is_ended_by_the_browser_that_began_it(provider: LocalCloud, open_oidc: Open) -> None:
    """The state is the session's, and the code is good with the verifier of that session alone."""
    house = open_oidc(new_users=True)
    erna, other = Browser(house, ERNA), Browser(house)
    back = begun(erna)
    assert messages(other.see(back)), "another browser has not begun it"
    wrong = back.replace("state=", "state=x")
    assert messages(erna.see(wrong))
    assert (erna.who(), other.who()) == (None, None)

    code = urllib.parse.parse_qs(urllib.parse.urlsplit(begun(Browser(house, ERNA))).query)["code"][0]
    stolen = requests.post(
        f"{provider.url}/v2/oauth2/token",
        auth=(PORTAL, SECRET),
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": f"{house.url}{RETURN}"},
        timeout=30,
    )
    assert stolen.json()["error"] == "invalid_grant"


RETURN = "sign-in/complete/oidc/"


def begun(browser: Browser) -> str:
    """Signs in at the provider; returns where the browser would be sent back to."""
    page = browser.see("/login/")
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    first = browser.post(
        browser.house.url + BEGIN[1:], data={"csrfmiddlewaretoken": token}, allow_redirects=False, timeout=30
    )
    asked = browser.get(browser.identified(browser.next_of(first)), allow_redirects=False, timeout=30)
    return browser.next_of(asked)


def test_it_begins_with_the_button(open_oidc: Open) -> None:
    """No link elsewhere can begin one."""
    house = open_oidc()
    assert Browser(house).get(house.url + BEGIN[1:], timeout=30).status_code == 405
    assert status_without_token(house) == 403


def status_without_token(house: House) -> int:
    return requests.post(house.url + BEGIN[1:], timeout=30).status_code
