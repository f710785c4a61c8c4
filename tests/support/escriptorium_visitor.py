"""Somebody who visits the stand-in's pages, within the tests' own process."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from support.desk import Bench


class Visitor:
    """A user before the pages, or nobody.

    Args:
        user: Who is signed in.
        checked: Whether what is posted must come from a form of the page, as in a browser.
    """

    def __init__(self, user: Any = None, *, checked: bool = False) -> None:
        from django.test import Client

        self.client = Client(enforce_csrf_checks=checked)
        if user is not None:
            self.client.force_login(user)

    @staticmethod
    def user(name: str, **fields: Any) -> Any:
        from users.models import User

        return User.objects.create(username=name, email=f"{name}@example.org", **fields)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/armarius/{path}", headers=headers)

    def post(self, path: str, **data: str) -> Any:
        return self.client.post(f"/armarius/{path}", data)

    def read(self, path: str) -> str:
        """All that can be read on a page, with single spaces."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.status_code
        return text_of(answer.content.decode())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(page: str) -> str:
    read = _Text()
    read.feed(page)
    return " ".join(" ".join(read.words).split())


@contextmanager
def open_pages(made: Bench) -> Iterator[None]:
    """Lets the pages read the journal of a bench."""
    from django.test import override_settings

    from armarius.client.escriptorium.pages import desk

    with override_settings(
        ARMARIUS={"JOURNAL": f"sqlite:///{made.folder / 'journal.sqlite'}", "HOME": str(made.folder)}
    ):
        opened = desk.desk()
        try:
            yield
        finally:
            opened.journal.close()
            opened.ledger.close()
            desk.forget()
