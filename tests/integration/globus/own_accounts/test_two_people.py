"""Two users have connected their accounts: what each has computed, the cluster computes under their own identity."""

import contextlib
import gc
import importlib
import sqlite3
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import requests

from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute.service import hub_of
from armarius.client.config import read_config
from armarius.client.escriptorium.accounts import application
from armarius.client.escriptorium.accounts.keys import LentKeys
from armarius.client.escriptorium.accounts.names import name_of
from armarius.client.escriptorium.record import Ledger
from armarius.client.escriptorium.record.sealing import Seal, new_key
from armarius.client.job import Job
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.pool import Pool
from support.cli import until
from support.cloud import CAROL, MALLORY, NATIVE_CLIENT, Person
from support.endpoint import why_no_mapping
from support.federation import Federation, federation, why_no_federation
from support.scripted_engine import write_engine
from support.synthetic_dataset import write_small_pages

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # pika's, which the SDK leaves open

BACK = "http://127.0.0.1/account/back/"
KEY = new_key()


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("control")


@pytest.fixture(scope="module")
def made(control: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    if reason := why_no_federation() or why_no_mapping():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("federation")
    engine = write_engine(control, epochs=1)
    with (
        pytest.MonkeyPatch.context() as patch,
        federation(folder, engine, ("alpha",), pace=1.0, own_accounts=True) as running,
    ):
        for name, value in {**running.environment, "ARMARIUS_GLOBUS_CLIENT_ID": NATIVE_CLIENT}.items():
            patch.setenv(name, value)
        globus_app.cache_clear()
        yield running
        globus_app.cache_clear()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """What the SDK leaves open is collected where its warnings are expected."""
    importlib.import_module("globus_compute_sdk.sdk.executor")  # starts a thread that lasts as long as the process
    before = set(threading.enumerate())
    yield
    hub_of.cache_clear()
    until(lambda: not set(threading.enumerate()) - before, "the end of all threads")
    gc.collect()


@pytest.fixture
def ledger(made: Federation) -> Iterator[Ledger]:
    opened = Ledger(read_config().journal)
    yield opened
    opened.close()


@pytest.fixture
def keys(ledger: Ledger) -> Iterator[LentKeys]:
    lent = LentKeys(ledger.accounts, Seal([KEY]))
    yield lent
    lent.close()


def lend(ledger: Ledger, user: int, person: Person) -> None:
    """What the page does when a user connects an account."""
    verifier = "v" * 64
    page = application.ask(BACK, "state", verifier)
    answer = requests.get(f"{page}&as={person.id}", allow_redirects=False, timeout=30)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)["code"][0]
    lent = application.take(BACK, verifier, code)
    assert (lent.identity, lent.username) == (person.id, person.username)
    ledger.accounts.connect(user, lent.identity, lent.username, Seal([KEY]).close(user, lent.tokens), 1.0)


def take_back(ledger: Ledger, user: int) -> None:
    """What it does when the user disconnects it."""
    row = ledger.accounts.find(user)
    assert row is not None
    ledger.accounts.forget(user)
    assert application.revoke(Seal([KEY]).open(user, row.sealed))


def seen(made: Federation, table: str, column: str) -> set[str]:
    """What the service saw."""
    with contextlib.closing(sqlite3.connect(made.cloud.config.state / "cloud.sqlite")) as store:
        return {row[0] for row in store.execute(f"SELECT DISTINCT {column} FROM {table}")}


def batch_owners(made: Federation) -> set[str]:
    """As whom user endpoints that compute were started."""
    with contextlib.closing(sqlite3.connect(made.cloud.config.state / "cloud.sqlite")) as store:
        found = store.execute("SELECT owner FROM endpoint WHERE parent IS NOT NULL AND document LIKE '%batch%'")
        return {row[0] for row in found}


def drive(pool: Pool, condition: "object", what: str) -> None:
    """Drives all jobs until something is so."""
    stop = Event()

    def look(_: JobRow) -> None:
        if condition():
            stop.set()

    pool.serve(stop, look)
    until(condition, what)


@pytest.mark.timeout(1500)
def test_two_people_and_the_pool(
    made: Federation, ledger: Ledger, keys: LentKeys, control: Path, tmp_path: Path
) -> None:
    lend(ledger, 1, CAROL)
    lend(ledger, 2, MALLORY)
    owner = made.institutions["alpha"].owner
    with Pool(read_config(), keys=keys) as pool:

        def ask(user: int, seed: int) -> Job:
            pages = write_small_pages(tmp_path / f"pages-{seed}", seed=seed)
            return pool.train([pages], name=f"m{user}", output=tmp_path / f"results-{user}", identity=name_of(user))

        carols, mallorys = ask(1, 11), ask(2, 12)
        jobs = (carols, mallorys)
        drive(pool, lambda: len(starts(control)) == 2, "both are computed")
        places = [job.status().runs[0].site for job in jobs]
        assert places == ["alpha as user-1", "alpha as user-2"]
        assert batch_owners(made) == {CAROL.id, MALLORY.id}, "as themselves"
        assert owner.id not in seen(made, "task", "owner"), "nobody asked anything as the pool"

        allow(control, carols, "epoch-1", "finish")
        drive(pool, lambda: carols.status().state is JobState.DONE, "the end of the first")
        assert (tmp_path / "results-1" / "m1.mlmodel").read_bytes() == b"best mlmodel"

        take_back(ledger, 2)
        pool.driver.look(mallorys.id)
        assert mallorys.status().state is JobState.CALIBRATING, "it waits"
        assert pool.desk.claim(mallorys.id)
        pool.desk.journal.give_to_pool(mallorys.id, pool.desk.owner, pool.desk.clock.now(), "begun anew")
        allow(control, mallorys, "epoch-1", "finish")
        drive(pool, lambda: mallorys.status().state is JobState.DONE, "the end of the other")
        assert [run.site for run in mallorys.status().runs] == ["alpha as user-2", "alpha"]
        assert batch_owners(made) == {CAROL.id, MALLORY.id, owner.id}
    assert holding(made, tmp_path) == []


def starts(control: Path) -> list[str]:
    file = control / "starts"
    return file.read_text().split() if file.exists() else []


def allow(control: Path, job: Job, *names: str) -> None:
    """Lets the engine of one job go on."""
    for name in names:
        (control / f"{job.status().request.dataset[:8]}-{name}").touch()


def holding(made: Federation, results: Path) -> list[Path]:
    """Files of the cluster, of the pool and of the jobs that hold a token or a key in the clear."""
    secrets = {value.encode() for value in seen(made, "token", "value")} | {KEY.encode()}
    assert len(secrets) > 6
    own = made.institutions["alpha"].endpoint.user_dir / "storage.db"  # the endpoint's own login
    folders = [made.institutions["alpha"].folder, made.home.path, results]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any(path.name == "journal.sqlite" for path in files)
    assert any(path.name == "endpoint.log" for path in files)
    return [path for path in files if path != own and any(secret in path.read_bytes() for secret in secrets)]
