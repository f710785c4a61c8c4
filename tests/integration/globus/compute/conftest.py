"""One institution for all tests of this folder, and a client of it for each."""

import gc
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.adapters.globus.app import globus_app
from cloud.config import Limits
from support.cli import until
from support.federation import Federation, federation, why_no_federation

from .desk import Desk


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """A cloud and one institution that has no kraken, so that its runs end at once."""
    if reason := why_no_federation():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("federation")
    with pytest.MonkeyPatch.context() as patch, federation(folder, Path(sys.executable), ("alpha",)) as running:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        globus_app.cache_clear()
        yield running
        globus_app.cache_clear()


@pytest.fixture
def desk(made: Federation) -> Iterator[Desk]:
    """A desk whose threads are gone afterwards, whatever happened."""
    before = set(threading.enumerate())
    opened = Desk(made)
    yield opened
    made.cloud.faults.remove()
    made.cloud.change_limits(**Limits().model_dump())
    opened.close()
    until(lambda: not set(threading.enumerate()) - before, "the end of all threads")
    gc.collect()
