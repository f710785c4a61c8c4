"""The site is built without a warning, and can be read without a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from support.browser import Reader
from support.documents import REPOSITORY

_LOADED = re.compile(r"<(?:script|img|iframe|source)[^>]*\bsrc=\"?(https?:[^\"\s>]+)")
_STYLE = re.compile(r"<link[^>]*\brel=\"?(?:stylesheet|preconnect|icon)[^>]*")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


def pages(site: Path) -> list[Path]:
    return sorted(site.glob("*.html"))


def test_every_document_is_a_page(site: Path) -> None:
    written = {path.stem for path in (REPOSITORY / "docs").glob("*.md")}
    assert {page.stem for page in pages(site)} == written | {"index", "404", "notebook", "benchmarks", "changelog"}


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in pages(site):
        text = page.read_text(encoding="utf-8")
        assert _LOADED.findall(text) == [], page.name
        assert [link for link in _STYLE.findall(text) if "http" in link] == [], page.name


def test_docstrings_are_there_as_people_read_them(site: Path) -> None:
    api = (site / "api.html").read_text(encoding="utf-8")
    for name in ("pool.Pool.train", "job.Job.future", "job.Job.aprogress", "job.JobResult"):
        assert f'id="armarius.client.{name}"' in api
    texts = [(site / f"{name}.html").read_text(encoding="utf-8") for name in ("api", "contracts", "errors")]
    assert [re.findall(r":(?:meth|class|func):\S*", text) for text in texts] == [[], [], []]


def test_it_is_read_from_a_disk(site: Path, browser: Browser) -> None:
    """As somebody does who opens the file: pages look right, and the search finds something."""
    reader = Reader(browser, site.as_uri())
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    for page in ("index", "how-it-works", "notebook", "api"):
        reader.open(f"/{page}.html")
        assert reader.page.locator("article h1").count() == 1
        # Drawings and tables scroll by themselves: the page itself is never wider than the window.
        assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page
    reader.page.locator("input.md-search__input").fill("preempted")
    reader.page.locator("a.md-search-result__link").first.wait_for()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert reader.troubles == []
    reader.close()
