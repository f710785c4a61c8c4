"""One federation for all tests of this folder; each finds it healthy."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from armarius.client.jobs.state import JobState
from armarius.functions.rundir import RunDir
from armarius.functions.user_endpoints import ABOUT
from support.cli import Home, engine_of
from support.engine_process import find_kraken_python
from support.federation import Federation, Institution, federation, why_no_federation
from support.synthetic_dataset import TINY_SPEC, write_small_pages

Train = Callable[..., str]
EPOCHS = 12


@pytest.fixture(scope="package")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    python = find_kraken_python()
    if python is None:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    if reason := why_no_federation():
        pytest.skip(reason)
    with federation(tmp_path_factory.mktemp("federation"), python, pace=1.0) as made:
        yield made


@pytest.fixture
def made(started: Federation) -> Iterator[Federation]:
    """The federation, its cloud counting from zero; afterwards, whatever a test has broken is mended."""
    started.cloud.forget_stats()
    yield started
    if started.cloud.web_pid is None:
        started.cloud.restart_web()
    started.cloud.faults.remove()


@pytest.fixture
def alpha(made: Federation) -> Institution:
    return made.institutions["alpha"]


@pytest.fixture
def home(made: Federation) -> Home:
    return made.home


@pytest.fixture(scope="package")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small pages in PAGE XML beside their images."""
    return write_small_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def train(home: Home, pages: Path, tmp_path: Path) -> Train:
    """Writes a training down that takes some seconds, with a checkpoint about every second; returns the job's id."""

    def write_down(site: str = "alpha", name: str = "model", epochs: int = EPOCHS, folder: Path = pages) -> str:
        said = home.run(
            "train", str(folder), "-o", str(tmp_path / f"{name}-results"), "--name", name, "--site", site,
            "-s", TINY_SPEC, "-B", "1", "-q", "fixed", "-N", str(epochs), "-r", "0.003", "--threads", "1",
            "--calibration", "1", "--checkpoint-every", "1", "--detach", "--json",
        )  # fmt: skip
        return str(json.loads(said)["id"])

    return write_down


def run_of(institution: Institution, job: str, number: int = 1) -> RunDir:
    return institution.site.run(f"{job}-{number}")


def in_mid_training(institution: Institution, job: str) -> psutil.Process | None:
    """Returns the engine once it has left a checkpoint behind and gone on from there."""
    run = run_of(institution, job)
    steps = [int(record.stem) for record in run.checkpoints.glob("[0-9]*.json")]  # their key is the institution's
    lines = run.read_progress()[0]
    further = steps and lines and max(steps) > 0 and lines[-1].step >= max(steps)
    return engine_of(run.run_id) if further else None


def user_endpoint(institution: Institution, role: str) -> psutil.Process | None:
    """Returns the main process of the user endpoint that has a role, if it lives."""
    for folder in institution.endpoint.user_dir.glob("uep.*"):
        about = folder / ABOUT
        if about.exists() and json.loads(about.read_bytes())["role"] == role:
            for process in institution.endpoint.user_endpoints():
                if folder.name in " ".join(process.cmdline()):
                    return process
    return None


def state_of(home: Home, job: str) -> JobState:
    """Reads the journal; quicker than a command."""
    return home.state(job)


def all_ended(home: Home, jobs: Iterable[str]) -> bool:
    return all(state_of(home, job).final for job in jobs)


def one_model(home: Home, job: str) -> None:
    """Makes sure that a job brought one model, from one run that did every epoch once."""
    shown = home.show(job)
    assert shown["state"] == "done", shown["error"]
    finished = [run for run in shown["runs"] if run["report"] and run["report"]["outcome"] == "finished"]
    assert len(finished) == 1, "one run brought the model"
    epochs = [epoch["number"] for epoch in finished[0]["report"]["epochs"]]
    assert epochs == list(range(1, len(epochs) + 1)), "every epoch counts once"
    models = sorted(path.suffix for path in Path(shown["output"]).glob("*") if path.suffix[1:] in MODELS)
    assert models == [".mlmodel", ".safetensors"]


MODELS = ("mlmodel", "safetensors")


def fresh_pages(folder: Path) -> Path:
    """Pages that no site has yet."""
    return write_small_pages(folder / "fresh", seed=secrets.randbelow(10**6))


def drive(home: Home, job: str) -> None:
    """Drives a job to its end, and makes sure of its model."""
    home.run("watch", job)
    one_model(home, job)
