"""One cloud and one endpoint for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from globus_compute_sdk import Client, Executor
from globus_sdk import TransferClient

from cloud.config import Limits
from support.cloud import OPERATOR, LocalCloud, why_no_cloud
from support.endpoint import Endpoint, why_no_endpoint
from support.sign_in import client_app
from support.watchers import none_left

from .asking import NOTE

HEARTBEAT = 5
TEMPLATE = f"""\
heartbeat_period: {HEARTBEAT}
engine:
  type: {{{{ engine|default("ThreadPoolEngine") }}}}
{{% if engine is defined %}}
  address: 127.0.0.1
  loopback_address: 127.0.0.1
  max_workers_per_node: 1
  job_status_kwargs: {{strategy_period: 0.5}}
  provider: {{type: LocalProvider, min_blocks: 1, max_blocks: 1, init_blocks: 1}}
{{% endif %}}
"""
SCHEMA = """\
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {"engine": {"enum": ["GlobusComputeEngine"]}, "lane": {"type": "integer"}},
  "additionalProperties": false
}
"""


def configure(user_dir: Path, name: str, **settings: Any) -> None:
    """Writes the configuration of an endpoint."""
    directory = user_dir / name
    directory.mkdir(parents=True)
    lines = [f"{key}: {value}" for key, value in {"heartbeat_period": HEARTBEAT, **settings}.items()]
    (directory / "config.yaml").write_text("\n".join(lines) + "\n")
    (directory / "user_config_template.yaml.j2").write_text(TEMPLATE)
    (directory / "user_config_schema.json").write_text(SCHEMA)


@pytest.fixture(scope="package")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    if reason := why_no_cloud():
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch, LocalCloud.start(tmp_path_factory.mktemp("cloud")) as running:
        for name, value in running.environment(OPERATOR).items():
            patch.setenv(name, value)
        patch.setenv("GLOBUS_COMPUTE_USER_DIR", str(tmp_path_factory.mktemp("home")))
        yield running


@pytest.fixture
def cloud(started: LocalCloud) -> Iterator[LocalCloud]:
    """The cloud, counting from zero; afterwards, without faults and with its usual limits."""
    started.forget_stats()
    with none_left():
        yield started
    started.faults.remove()
    started.change_limits(**Limits().model_dump())


@pytest.fixture(scope="package")
def endpoint(started: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    if reason := why_no_endpoint():
        pytest.skip(reason)
    user_dir = tmp_path_factory.mktemp("endpoints")
    configure(user_dir, "lab")
    with Endpoint(user_dir, "lab", started).running() as running:
        yield running


@pytest.fixture
def client(cloud: LocalCloud) -> Client:
    """The endpoint's owner."""
    return Client(app=client_app(OPERATOR))


@pytest.fixture
def note(client: Client) -> str:
    """A function that leaves a trace, as source text."""
    return client.register_source_code(NOTE, "note")


@pytest.fixture
def executor(client: Client, endpoint: Endpoint) -> Iterator[Executor]:
    with Executor(endpoint_id=endpoint.id, client=client) as running:
        yield running


@pytest.fixture
def transfers(cloud: LocalCloud) -> TransferClient:
    return TransferClient(app=client_app())
