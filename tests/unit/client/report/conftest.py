"""Reads an HTML page as a test wants it."""

from html.parser import HTMLParser

import pytest

VOID = {"meta", "link", "img", "br", "hr", "input", "base"}


class ReadPage(HTMLParser):
    """A page's tags, attributes and texts; every tag must have its end."""

    def __init__(self, source):
        super().__init__()
        self.tags = []
        self.words = []
        self.style = ""
        self._open = []
        self.feed(source)
        self.close()
        assert self._open == []

    @property
    def text(self):
        """All that can be read, with single spaces."""
        return " ".join(" ".join(self.words).split())

    def named(self, tag):
        """The attributes of every tag of this name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] == ["style"]:
            self.style += data
        else:
            self.words.append(data)


@pytest.fixture
def read_page():
    """Parses a page."""
    return ReadPage
