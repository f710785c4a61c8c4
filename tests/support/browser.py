"""A real browser: Chromium without a window, from the operating system's own packages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from support.cli import PATIENCE


def find_chromium() -> tuple[str | None, str]:
    """Returns the program, or None and why there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return found, "" if found else "no Chromium: run tests/install-servers"


@contextmanager
def running_browser(program: str) -> Iterator[Browser]:
    """Starts it; it is ended with the block."""
    with sync_playwright() as driver:
        # Root has no sandbox, and what is shown here is ours; a container has little shared memory; and what a browser
        # would fetch for itself it need not.
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """Somebody before a window of their own.

    Attributes:
        page: The window.
        troubles: What the page's scripts complained of, and what could not be loaded.
    """

    def __init__(self, browser: Browser, address: str, *, width: int = 1280, dark: bool = False) -> None:
        self.address = address
        self._context = browser.new_context(viewport={"width": width, "height": 1100}, locale="en-GB")
        self._context.set_default_timeout(PATIENCE * 1000)
        if dark:
            self._context.add_init_script("localStorage.setItem('user-theme', 'dark-mode')")
        self.page = self._context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("requestfailed", self._note_failure)

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def _note_failure(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # what a page still waited for when it was left
            self.troubles.append(f"{request.url}: {request.failure}")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def sign_in(self, name: str, path: str = "/armarius/") -> None:
        """Opens a page that asks who is there, and says it."""
        self.open(path)
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", "secret")
        self.page.click("#sign-in")

    def sees(self, selector: str, text: str) -> None:
        """Waits until an element shows a text."""
        self.page.locator(selector).filter(has_text=text).first.wait_for()

    def refreshed(self) -> None:
        """Waits until the live part of the page has been fetched once more, and is shown."""
        with self.page.expect_event("requestfinished", lambda request: "/live/" in request.url):
            pass
        self.page.evaluate("() => new Promise(done => setTimeout(done, 50))")

    def photograph(self, path: Path) -> None:
        """Keeps the whole page as a picture."""
        self.page.screenshot(path=path, full_page=True)

    def wide(self) -> bool:
        """Tells whether something on the page is wider than the window."""
        return bool(self.page.evaluate("document.querySelector('.armarius').scrollWidth > innerWidth"))

    def close(self) -> None:
        self._context.close()
