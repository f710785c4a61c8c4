"""From eScriptorium's button to the model in its MEDIA_ROOT, through Globus; no secret of it reaches a cluster."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import make_url

from armarius.client.escriptorium.record import Asked
from armarius.functions.contracts import Split, TrainReport
from armarius.functions.files import sha256_of
from support.cli import engine_of
from support.escriptorium_server import Standin, running
from support.federation import Federation, Institution
from support.postgresql import Server
from support.redis_server import flush
from support.synthetic_dataset import TINY_SPEC, draw_page, texts

from .conftest import run_of
from .test_secrets import environment, files, holding
from .test_secrets import secrets as secrets_of_globus

EPOCHS = 3
RECOGNITION = {"spec": TINY_SPEC, "quit": "fixed", "epochs": EPOCHS, "lrate": 0.01}
SECRET_KEY = secrets.token_hex(16)


@pytest.fixture
def there(made: Federation, postgresql: Server, redis: str, tmp_path: Path) -> Iterator[Standin]:
    """An eScriptorium whose pool is the federation."""
    flush(redis)
    options: dict[str, Any] = {
        "chosen": {"SITE": "alpha", "RECOGNITION": RECOGNITION, "CALIBRATION": 1},
        "home": made.home.path,
        "variables": {**made.environment, "STANDIN_SECRET_KEY": SECRET_KEY},
    }
    with running(tmp_path / "escriptorium", postgresql.new_database(), redis, **options) as instance:
        yield instance


def test_from_the_button_through_globus_to_the_model(made: Federation, there: Standin, alpha: Institution) -> None:
    user = there.do("user", name="guigo")
    document = there.hold(user, [draw_page(f"charter-{number}", Split.TRAIN, texts(6, number)) for number in range(2)])
    with there.worker():
        asked = {"model_name": "Charters", "parts": document["parts"], "transcription": document["transcription"]}
        pressed = there.do("post", user=user, path=f"documents/{document['document']}/train", **asked)
        assert pressed == {"code": 200, "status": "ok"}
        model = there.do("newest_model", owner=user)
        task = there.do("newest_task", model=model)
        training = Asked("core.tasks.train", task, {}).id
        engine = there.until(lambda: engine_of(f"{training}-1"), "an engine on the cluster")
        computing = _environments(alpha, engine)
        first, *_ = there.until_ended(task, 3)
        there.until_closed(training)
    _came_home(there, model, run_of(alpha, training).report())
    _was_told(there, model, first)
    own = {SECRET_KEY, make_url(there.database).password, *there.do("cookies")}
    known = secrets_of_globus(made) | {str(secret).encode() for secret in own}
    assert len(computing) == 3, "engine, worker, pool of workers"
    assert [pid for pid, text in computing.items() if any(secret in text for secret in known)] == []
    logins = {each.endpoint.user_dir / "storage.db" for each in made.institutions.values()}  # each institution's own
    clusters = [path for path in files(*(each.folder for each in made.institutions.values())) if path not in logins]
    assert any(path.name == "endpoint.log" for path in clusters), "logs are among them"
    assert any(path.is_relative_to(alpha.site.root) for path in clusters), "the site's own folder is"
    assert holding(iter(clusters), {training.encode()}), "what is there is found"
    assert holding(iter([*clusters, there.folder / "worker.log", there.folder / "events"]), known) == []


def _environments(institution: Institution, engine: psutil.Process) -> dict[int, bytes]:
    """Reads those of the engine and of the endpoint's processes above it."""
    line = [process for process in engine.parents() if process in institution.endpoint.processes()]
    return {process.pid: environment(process) for process in [engine, *line][:3]}


def _came_home(there: Standin, model: int, report: Any) -> None:
    assert isinstance(report, TrainReport)
    shown = there.do("show_model", model=model)
    assert sha256_of(there.media / shown["file"]) in {each.sha256 for each in report.models if each.format == "mlmodel"}
    versions = [sha256_of(there.media / each["data"]["file"]) for each in reversed(shown["versions"])]
    assert versions == [each.sha256 for each in report.epoch_models]
    assert len(versions) == EPOCHS
    assert (there.media / shown["file"]).with_name("README.md").is_file()
    assert not shown["training"]


def _was_told(there: Standin, model: int, report: dict[str, Any]) -> None:
    names = there.events(model)
    assert list(dict.fromkeys(names)) == ["training:start", "training:gathering", "training:eval", "training:done"]
    assert names.count("training:eval") == EPOCHS
    bar = [event["data"]["index"] for event in there.heard() if event.get("name") == "training:gathering"]
    assert bar == sorted(bar)
    assert bar[-1] == 100
    assert there.notified()[-1]["level"] == "success"
    for said in ("2 pages with 12 lines were gathered", "It goes to alpha", "Epoch 3: accuracy", "Training finished!"):
        assert said in report["messages"]
