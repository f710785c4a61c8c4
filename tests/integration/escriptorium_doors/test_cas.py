"""Signing in by CAS, over HTTP."""

import pytest

from support.cas_server import CASServer
from support.escriptorium_doors import Browser, House, messages

from .conftest import Open


def test_a_newcomer_gets_an_account_and_keeps_it(open_cas: Open) -> None:
    house = open_cas(new_users=True, groups=["scholars"])
    guigo = Browser(house, "guigo")
    page = guigo.see("/login/?next=/projects/")
    assert "Sign in with your institution&#x27;s account" in page.text
    assert 'name="password"' in page.text, "eScriptorium's own form stays"
    guigo.follow(guigo.get(house.url + "sign-in/cas/?next=/projects/", allow_redirects=False))
    assert guigo.who() == "guigo"
    shown = {"username": "guigo", "email": "guigo@uni.example", "name": "Guigo of Kastell", "groups": ["scholars"]}
    assert house.people() == [shown]
    again = Browser(house, "guigo")
    enter(again)
    assert again.who() == "guigo"
    assert house.usernames() == ["guigo"]
    nobody = Browser(house, "nobody")
    (why,) = messages(enter(nobody))
    assert "does not tell your e-mail address" in why


def test_nobody_takes_an_account_over(open_cas: Open) -> None:
    """Neither by the same username nor by the same address; nor does anybody come in unasked."""
    house = open_cas(new_users=True)
    house.people(
        {"username": "guigo", "password": "his own", "email": "another@uni.example"},
        {"username": "somebody", "password": "her own", "email": "Hugh@uni.example"},
    )
    refused(house, "guigo", "is another account")
    refused(house, "hugh", "e-mail address is there already")
    assert house.usernames() == ["guigo", "somebody"]


@pytest.mark.parametrize(("link", "becomes"), [("username", "guigo"), ("email", "old")])
def test_the_admin_may_have_accounts_linked(open_cas: Open, link: str, becomes: str) -> None:
    house = open_cas(link=link)
    house.people(
        {"username": "guigo", "password": "a", "email": "x@uni.example", "is_staff": link == "email"},
        {"username": "old", "password": "b", "email": "guigo@uni.example"},
        {"username": "hugh", "password": "c", "email": "hugh@uni.example", "is_superuser": True},
    )
    guigo = Browser(house, "guigo")
    enter(guigo)
    assert guigo.who() == becomes
    refused(house, "hugh", "is another account")  # an administrator's


def test_tickets(open_cas: Open, cas: CASServer) -> None:
    """A used one, an invented one, and one for another service are none; and nobody is sent away to elsewhere."""
    house = open_cas(new_users=True)
    guigo = Browser(house, "guigo")
    begun = guigo.get(house.url + "sign-in/cas/", allow_redirects=False)
    back = guigo.next_of(guigo.get(guigo.identified(guigo.next_of(begun)), allow_redirects=False))
    for url in (
        back.replace("ticket=ST-", "ticket=ST-x"),
        cas.login("https://elsewhere.example/", "guigo").replace("https://elsewhere.example/", begun.url),
    ):
        assert "did not confirm who you are" in messages(guigo.see(url))[0]
    assert guigo.who() is None
    guigo.follow(guigo.get(back, allow_redirects=False))
    assert guigo.who() == "guigo"
    thief = Browser(house, "hugh")
    thief.see(back)
    assert thief.who() is None


def test_nobody_is_sent_elsewhere(open_cas: Open) -> None:
    """django-cas-ng alone would send people, once they have signed in, wherever a link says."""
    guigo = Browser(open_cas(new_users=True), "guigo")
    asked = guigo.get(f"{guigo.house.url}sign-in/cas/?next=https://elsewhere.example/", allow_redirects=False)
    ended = guigo.follow(asked)
    assert guigo.who() == "guigo"
    assert ended.url.startswith(guigo.house.url)


def enter(browser: Browser) -> "object":
    return browser.follow(browser.get(browser.house.url + "sign-in/cas/", allow_redirects=False))


def refused(house: House, person: str, why: str) -> None:
    browser = Browser(house, person)
    (said,) = messages(enter(browser))
    assert why in said
    assert browser.who() is None
