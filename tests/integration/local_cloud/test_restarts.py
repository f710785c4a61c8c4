"""The processes of the local cloud are killed, and all goes on."""

import signal
import time
from pathlib import Path

import pytest
from globus_compute_sdk import Client

from support.cli import until
from support.cloud import CloudError, LocalCloud
from support.endpoint import Endpoint

from .asking import ended

WAIT = """\
def wait_for(path):
    import pathlib, time
    while not pathlib.Path(path).exists():
        time.sleep(0.05)
    return "waited"
"""


@pytest.fixture
def waiting(client: Client, endpoint: Endpoint, tmp_path: Path) -> tuple[str, Path]:
    """A task that runs until a file appears, and the file."""
    signal_file = tmp_path / "go"
    function = client.register_source_code(WAIT, "wait_for")
    return client.run(str(signal_file), endpoint_id=endpoint.id, function_id=function), signal_file


def test_web_killed(client: Client, cloud: LocalCloud, endpoint: Endpoint, waiting: tuple[str, Path]) -> None:
    task, signal_file = waiting
    cloud.kill_web()
    signal_file.touch()  # the result is kept by the broker
    cloud.restart_web()
    assert ended(client, task)["result"] == "waited"
    assert client.get_endpoint_status(endpoint.id)["status"] == "online"


def test_broker_killed(client: Client, cloud: LocalCloud, endpoint: Endpoint, waiting: tuple[str, Path], note: str,
                       tmp_path: Path) -> None:  # fmt: skip
    task, signal_file = waiting
    killed = time.time()
    cloud.kill_broker()
    signal_file.touch()
    cloud.restart_broker()
    assert ended(client, task)["result"] == "waited"
    until(lambda: cloud.last_heartbeat(endpoint.id) > killed, "a heartbeat by way of the new broker")
    again = client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note)
    assert ended(client, again)["result"] == "x"


def test_endpoint_killed(client: Client, endpoint: Endpoint, note: str, tmp_path: Path) -> None:
    first = client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note)
    ended(client, first)
    assert len(endpoint.user_endpoints()) >= 1
    endpoint.kill(signal.SIGKILL)
    until(lambda: not endpoint.processes(), "the end of its user endpoints, who miss it")
    endpoint.start()
    again = client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note)
    assert ended(client, again)["result"] == "x"


def test_faults_and_counts_survive(cloud: LocalCloud) -> None:
    cloud.faults.delay("/v2/endpoints", 0.1)
    before = cloud.stats()
    cloud.kill_web()
    cloud.restart_web()
    assert [fault["kind"] for fault in cloud.faults.pending()] == ["delay"]
    assert cloud.stats() == before


def test_only_one_cloud(cloud: LocalCloud, tmp_path: Path) -> None:
    second = LocalCloud.create(tmp_path)
    with pytest.raises(CloudError, match=r"port 5000 of .* is taken"):
        second.restart_web()
