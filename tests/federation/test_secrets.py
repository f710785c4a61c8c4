"""No secret and no token is anywhere on a site, in the journal, or in a log. It looks after a training has run."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psutil

from support.cli import Home, until
from support.cloud import POOL
from support.federation import Federation, Institution

from .conftest import Train, drive, in_mid_training, one_model


def secrets(made: Federation) -> set[bytes]:
    """All that nobody else may know: every secret of an application, and every token that the cloud ever issued."""
    known = {POOL.secret, *(institution.owner.secret for institution in made.institutions.values())}
    with contextlib.closing(sqlite3.connect(made.cloud.config.state / "cloud.sqlite")) as store:
        known |= {row[0] for row in store.execute("select value from token")}
    return {secret.encode() for secret in known if secret}


def files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def holding(paths: Iterator[Path], secrets: set[bytes]) -> list[Path]:
    return [path for path in paths if any(secret in path.read_bytes() for secret in secrets)]


def test_no_file_holds_one(made: Federation, home: Home, train: Train, tmp_path: Path) -> None:
    drive(home, train())
    known = secrets(made)
    assert len(known) > 4, "there are tokens to look for"
    sites = [institution.folder for institution in made.institutions.values()]
    own_login = {institution.endpoint.user_dir / "storage.db" for institution in made.institutions.values()}
    looked_at = [path for path in files(*sites, home.path, tmp_path) if path not in own_login]
    assert any(path.name == "endpoint.log" for path in looked_at), "logs are among them"
    assert any(path.name == "journal.sqlite" for path in looked_at)
    assert holding(iter(looked_at), known) == []


def test_the_key_of_the_pool_is_nowhere_on_a_site(made: Federation) -> None:
    """Not even where the endpoint keeps its own login."""
    assert POOL.secret is not None
    sites = [institution.folder for institution in made.institutions.values()]
    assert holding(files(*sites), {POOL.secret.encode()}) == []


def test_no_process_that_computes_has_one(made: Federation, alpha: Institution, home: Home, train: Train) -> None:
    job = train(epochs=40)
    with home.started("watch", job) as driver:
        engine = until(lambda: in_mid_training(alpha, job), "an engine in mid-training", driver)
        line = [engine, *engine.parents()]
        family = [process for process in line if process in alpha.endpoint.processes() or process == engine]
        seen = {process.pid: environment(process) for process in family[:3]}  # engine, worker, pool of workers
        assert driver.wait(300) == 0
    assert len(seen) == 3
    known = secrets(made)
    assert [pid for pid, text in seen.items() if any(secret in text for secret in known)] == []
    one_model(home, job)


def environment(process: psutil.Process) -> bytes:
    return Path(f"/proc/{process.pid}/environ").read_bytes()
