"""A machine, a site, and Transfer between them; and three files to send."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.ports import Parcel

from .transfer_bench import Bench


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def staging(made: Bench) -> GlobusStaging:
    return made.staging()


@pytest.fixture
def pages(made: Bench) -> list[Parcel]:
    return [made.page("manifest.json", b'{"pages": 1}' * 50), made.page("p1.jpg", b"a page"), made.page("p2.jpg", b"b")]
