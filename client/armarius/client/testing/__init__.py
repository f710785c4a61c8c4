"""Fakes behind the ports, for tests of this project and of those who build on it."""

from armarius.client.testing.clock import FakeClock
from armarius.client.testing.reading import do_pages, page_text
from armarius.client.testing.site import Crash, FakeSite
from armarius.client.testing.staging import FakeStaging

__all__ = ["Crash", "FakeClock", "FakeSite", "FakeStaging", "do_pages", "page_text"]
