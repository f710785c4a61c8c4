import json
from pathlib import Path

import pytest

from support.cli import Home
from support.engine_process import find_kraken_python
from support.synthetic_dataset import TINY_SPEC, write_small_pages


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small pages in PAGE XML beside their images."""
    return write_small_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    python = find_kraken_python()
    if python is None:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    return Home(tmp_path / "home", python)


@pytest.fixture
def job(home: Home, pages: Path, tmp_path: Path) -> str:
    """A written-down training that takes some seconds, with a checkpoint about every second."""
    said = home.run(
        "train", str(pages), "-o", str(tmp_path / "results"), "--name", "model", "-s", TINY_SPEC, "-B", "1", "-q",
        "fixed", "-N", "12", "-r", "0.003", "--threads", "1", "--calibration", "1", "--checkpoint-every", "1",
        "--detach", "--json",
    )  # fmt: skip
    return str(json.loads(said)["id"])
