"""A home and some good pages, for commands that get bad ones."""

import sys
from pathlib import Path

import pytest

from support.cli import Home
from support.pages import write_pairs


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose engine is not needed: all of this is known before."""
    return Home(tmp_path / "home", Path(sys.executable))


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Two good pages."""
    return write_pairs(tmp_path / "pages", 2)[0].parent
