"""The tabs: one line more is a page more."""

import pytest

from armarius.client.escriptorium.pages import tabs
from armarius.client.escriptorium.pages.tabs import TABS, Tab
from support.escriptorium_visitor import Visitor


def test_staff_see_more(guigo: Visitor, admin: Visitor) -> None:
    assert "Compute pool" not in guigo.read("")
    assert "My trainings Compute pool" in admin.read("")


def test_one_is_chosen(admin: Visitor) -> None:
    chosen = '<a href="/armarius/pool/" aria-current="page">Compute pool</a>'
    assert chosen in admin.get("pool/").content.decode()
    assert chosen not in admin.get("").content.decode()


def test_a_page_that_is_plugged_in(guigo: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabs, "TABS", (*TABS, Tab("user-models", "Models"), Tab("armarius:missing", "Nowhere")))
    seen = guigo.get("").content.decode()
    assert '<a href="/models/">Models</a>' in seen
    assert "Nowhere" not in seen
