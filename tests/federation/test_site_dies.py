"""A whole institution dies in the middle of a training, which goes on at the other one; later it is back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from armarius.client.journal import Journal
from armarius.functions.contracts import CheckpointRef
from support.cli import Home, until
from support.federation import Federation, Institution
from support.synthetic_dataset import TINY_SPEC

from .conftest import in_mid_training, one_model, run_of


@pytest.fixture
def site_files(made: Federation) -> Iterator[Path]:
    """The folder of the site files; afterwards they are as they were."""
    folder = made.home.path / "config" / "sites"
    before = {path: path.read_text() for path in folder.glob("*.toml")}
    yield folder
    for path, text in before.items():
        path.write_text(text)


def say(folder: Path, name: str, line: str) -> None:
    path = folder / f"{name}.toml"
    path.write_text(f"{line}\n{path.read_text()}")


def train(home: Home, pages: Path, output: Path) -> str:
    said = home.run(
        "train", str(pages), "-o", str(output), "-s", TINY_SPEC, "-B", "1", "-q", "fixed", "-N", "160",
        "-r", "0.003", "--threads", "1", "--calibration", "1", "--checkpoint-every", "2", "--detach", "--json",
    )  # fmt: skip
    return str(json.loads(said)["id"])


@contextmanager
def opened(home: Home) -> Iterator[Journal]:
    journal = Journal(f"sqlite:///{home.path / 'journal.sqlite'}")
    try:
        yield journal
    finally:
        journal.close()


def kept_at_home(home: Home, job: str) -> CheckpointRef | None:
    with opened(home) as journal:
        kept = journal.keeping.checkpoint(job)
    return kept[0] if kept else None


def first_step(home: Home, job: str) -> int:
    """The first step that the second run told of."""
    with opened(home) as journal:
        begun = journal.job(job).runs[1].created
        return min(line.step for _, line in journal.progress(job) if line.at > begun and line.step)


def kill_all_of(institution: Institution) -> None:
    """The power fails: nothing of it lives on, and nothing has time to say that something else has died."""
    processes = institution.endpoint.processes()
    for process in processes:
        process.suspend()
    for process in processes:
        process.kill()
    until(lambda: not institution.endpoint.processes(), "the end of all that it had started")


@pytest.mark.timeout(1500)
def test_its_training_goes_on_at_the_other_one_from_the_checkpoint_that_is_home(
    made: Federation, alpha: Institution, home: Home, pages: Path, site_files: Path, tmp_path: Path
) -> None:
    beta = made.institutions["beta"]
    undrained = (site_files / "beta.toml").read_text()
    say(site_files, "beta", "drained = true")
    job = train(home, pages, tmp_path / "results")
    with home.started("watch", job) as driver:
        engine = until(lambda: in_mid_training(alpha, job), "an engine in mid-training", driver)
        engine.suspend()  # a quick machine would be at the end before a checkpoint is at home
        until(lambda: kept_at_home(home, job), "a checkpoint at home", driver)
        driver.kill()
        driver.communicate()
    kill_all_of(alpha)
    engine.kill()  # by itself it would end with its supervisor, but it stands still
    kept = kept_at_home(home, job)
    assert kept is not None
    (site_files / "beta.toml").write_text(undrained)
    say(site_files, "alpha", 'patience = "5s"')

    with home.started("watch", job) as driver:
        output = driver.communicate(timeout=900)[0]
    assert driver.returncode == 0, output
    one_model(home, job)
    shown = home.show(job)
    assert [run["site"] for run in shown["runs"]] == ["alpha", "beta"]
    assert [run["report"] is None for run in shown["runs"]] == [True, False]
    second = run_of(beta, job, 2)
    assert second.spec().resume_from == kept
    assert beta.site.blob(kept.sha256).stat().st_size == kept.size
    assert first_step(home, job) >= kept.step

    alpha.endpoint.start()
    with home.started("serve") as driver:
        until(run_of(alpha, job).cancel_path.exists, "the word that the run was given up", driver)
        driver.terminate()
        driver.communicate()
