"""Death: the last module by its name, since a successor starts only when the dead has missed three heartbeats."""

import json
from pathlib import Path

import pika

from armarius.client.ports import TaskState
from support.cli import end, until
from support.cloud import LocalCloud

from .desk import NO_RUNS, QUIET, Desk

pytestmark = QUIET


def test_a_task_whose_user_endpoint_was_killed_has_failed_after_a_while(desk: Desk) -> None:
    desk.compute.call("progress", NO_RUNS)
    assert desk.ended(desk.submit()).state is TaskState.RETURNED  # so that the one to be killed is there
    endpoint = desk.made.institutions["alpha"].endpoint
    managers = endpoint.managers()
    for manager in managers:
        manager.suspend()  # the run that follows does not begin
    reference = desk.submit()
    folder = batch_endpoint(endpoint.user_dir)
    until(lambda: nothing_waits(desk.cloud, f"{folder.name.split('.')[-1]}.tasks"), "the task's arrival")
    pid = int((folder / "daemon.pid").read_text())
    end(next(process for process in endpoint.user_endpoints() if process.pid == pid))
    for manager in managers:
        end(manager)
    states = []
    for _ in range(3):
        states.append(desk.compute.task(reference).state)
        desk.clock.pass_(31)
    assert states == [TaskState.PENDING] * 2 + [TaskState.FAILED]
    assert desk.compute.task(reference).error == "The user endpoint of alpha that held it is gone."


def batch_endpoint(home: Path) -> Path:
    """Returns the directory of the user endpoint that serves runs."""
    abouts = home.glob("uep.*/armarius.json")
    return next(about.parent for about in abouts if json.loads(about.read_text())["role"] == "batch")


def nothing_waits(cloud: LocalCloud, queue: str) -> bool:
    """Tells whether a queue of the broker is empty: who reads it has taken everything."""
    with pika.BlockingConnection(pika.URLParameters(cloud.broker.url)) as connection:
        return bool(connection.channel().queue_declare(queue, passive=True).method.message_count == 0)
