"""The Compute adapter against the local double of Globus and an unmodified endpoint, as its operator renders it."""

import gc
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pika
import pytest
from globus_compute_common.messagepack import pack
from globus_compute_common.messagepack.message_types import Result
from globus_compute_sdk.serialize import ComputeSerializer

from armarius.client.adapters.globus.app import TOKEN_FILE, globus_app
from armarius.client.adapters.globus.compute.compute import CONTROL, GlobusCompute
from armarius.client.adapters.globus.compute.reference import Reference
from armarius.client.adapters.globus.compute.sdk import ComputeService
from armarius.client.adapters.globus.compute.service import Hub
from armarius.client.adapters.globus.compute.tasks import TaskBook
from armarius.client.adapters.globus.compute.troubles import trouble
from armarius.client.config import GlobusSiteConfig, RegisteredFunction, read_config
from armarius.client.errors import SiteRefused, SiteUnreachable
from armarius.client.ports import TaskState, TaskView
from armarius.client.testing import FakeClock
from armarius.functions.contracts import ProbeRequest, RunSpec, Shape, SiteReport, Task
from armarius.functions.registered.source import digest
from cloud.config import Limits
from support.cli import end, until
from support.cloud import CAROL, NATIVE_CLIENT, LocalCloud
from support.federation import Federation, federation, why_no_federation

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # pika's, which the SDK leaves open

NO_RUNS: dict[str, Any] = {"runs": []}
SUBMIT = "/v3/endpoints/*/submit"
WALLTIME = 7200.0
PAUSE = 10.0
"""What the adapter leaves a site alone after the first failure: by its clock, which the tests hasten."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """A cloud and one institution that has no kraken, so that its runs end at once."""
    if reason := why_no_federation():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("federation")
    with pytest.MonkeyPatch.context() as patch, federation(folder, Path(sys.executable), ("alpha",)) as running:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        globus_app.cache_clear()
        yield running
        globus_app.cache_clear()


class Hastened(FakeClock):
    """The real time, which a test may let go on faster."""

    def now(self) -> float:
        return super().now() + time.monotonic()


@dataclass
class Desk:
    """A client of the institution, as after a start of its process."""

    made: Federation
    clock: Hastened = field(default_factory=Hastened)
    _opened: list[GlobusCompute] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service = ComputeService(globus_app("ALPHA"))
        self.hub = Hub(self.service, TaskBook(self.service.tell, self.clock))
        self.compute = self.adapter()

    @property
    def cloud(self) -> LocalCloud:
        return self.made.cloud

    @property
    def config(self) -> GlobusSiteConfig:
        found = read_config(self.made.home.path / "config").site("alpha")
        assert isinstance(found, GlobusSiteConfig)
        return found

    def adapter(self, call_seconds: float = 60.0, hub: Hub | None = None, **changes: Any) -> GlobusCompute:
        config = self.config.model_copy(update=changes)
        app = globus_app("ALPHA")
        self._opened.append(
            GlobusCompute(config, app, hub=hub or self.hub, clock=self.clock, call_seconds=call_seconds)
        )
        return self._opened[-1]

    def submit(self, shape: Shape | None = None) -> str:
        spec = RunSpec(run_id=f"r{uuid.uuid4().hex}", task=Task.TRAIN, dataset="0" * 64)
        return self.compute.submit(spec, shape or self.config.shapes[0], WALLTIME)

    def ended(self, reference: str, compute: GlobusCompute | None = None) -> TaskView:
        """Waits for the end of a task."""

        def look() -> TaskView | None:
            view = (compute or self.compute).task(reference)
            return None if view.state is TaskState.PENDING else view

        found: TaskView = until(look, "the end of the task")
        return found

    def close(self) -> None:
        for each in self._opened:
            each.close()


@pytest.fixture
def desk(made: Federation) -> Iterator[Desk]:
    """A desk whose threads are gone afterwards, whatever happened."""
    before = set(threading.enumerate())
    opened = Desk(made)
    yield opened
    made.cloud.faults.remove()
    made.cloud.change_limits(**Limits().model_dump())
    opened.close()
    until(lambda: not set(threading.enumerate()) - before, "the end of all threads")
    gc.collect()


def probed(compute: GlobusCompute) -> SiteReport:
    return SiteReport.model_validate(compute.call("probe", ProbeRequest().model_dump(mode="json")))


# Calls -------------------------------------------------------------------------------------------------------------


def test_a_call_and_its_answer(desk: Desk) -> None:
    assert desk.compute.call("progress", NO_RUNS) == NO_RUNS
    report = probed(desk.compute)
    assert [(each.role, each.alive) for each in report.user_endpoints if each.role == "control"] == [("control", True)]


def test_a_refusal_of_the_site_in_its_own_words(desk: Desk) -> None:
    with pytest.raises(SiteRefused, match=r"alpha: The site does not understand the message: runs: Field required"):
        desk.compute.call("progress", {})


def test_tokens_that_expire_in_between_are_renewed(desk: Desk) -> None:
    reference = desk.submit()
    desk.compute.call("progress", NO_RUNS)
    desk.cloud.faults.expire_tokens()
    assert desk.compute.call("progress", NO_RUNS) == NO_RUNS
    desk.cloud.faults.expire_tokens()
    assert desk.ended(reference).state is TaskState.RETURNED
    desk.cloud.faults.expire_tokens()
    assert desk.submit()


def test_a_line_that_broke_spoils_nothing(desk: Desk) -> None:
    desk.compute.call("progress", NO_RUNS)
    desk.cloud.faults.drop(SUBMIT, times=None)
    with pytest.raises(SiteUnreachable, match="Globus cannot be reached"):
        desk.compute.call("progress", NO_RUNS)
    desk.cloud.faults.remove()
    with pytest.raises(SiteUnreachable, match="alpha is tried again at"):
        desk.compute.call("progress", NO_RUNS)
    desk.clock.pass_(PAUSE)
    assert desk.compute.call("progress", NO_RUNS) == NO_RUNS


def test_an_answer_that_is_lost_is_not_waited_for_and_spoils_nothing(desk: Desk) -> None:
    desk.compute.call("progress", NO_RUNS)  # the user endpoint is there now
    impatient = desk.adapter(call_seconds=3)
    desk.cloud.faults.lose_results()
    with pytest.raises(SiteUnreachable, match="alpha did not answer 'progress' within 3 s"):
        impatient.call("progress", NO_RUNS)
    desk.clock.pass_(PAUSE)
    assert impatient.call("progress", NO_RUNS) == NO_RUNS


def test_the_broker_may_go_away_and_come_back(desk: Desk) -> None:
    desk.compute.call("progress", NO_RUNS)
    impatient = desk.adapter(call_seconds=5)
    desk.cloud.kill_broker()
    try:
        with pytest.raises(SiteUnreachable):
            impatient.call("progress", NO_RUNS)
    finally:
        desk.cloud.restart_broker()

    def answered() -> bool:
        desk.clock.pass_(300)
        try:
            return impatient.call("progress", NO_RUNS) == NO_RUNS
        except SiteUnreachable:
            return False

    until(answered, "an answer over the new broker")


# Runs --------------------------------------------------------------------------------------------------------------


HAND_OVER = """
import sys
from pathlib import Path
from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute import GlobusCompute
from armarius.client.config import read_config
from armarius.functions.contracts import RunSpec

config = read_config(Path(sys.argv[1])).site("alpha")
spec = RunSpec(run_id=sys.argv[2], task="train", dataset="0" * 64)
print(GlobusCompute(config, globus_app(config.identity)).submit(spec, config.shapes[0], 7200.0))
"""


def test_a_run_handed_over_by_a_process_that_is_gone(desk: Desk) -> None:
    run_id = f"r{uuid.uuid4().hex}"
    command = [sys.executable, "-c", HAND_OVER, str(desk.made.home.path / "config"), run_id]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert desk.ended(done.stdout.strip()).state is TaskState.RETURNED
    [status] = desk.compute.call("progress", {"runs": [{"run_id": run_id}]})["runs"]
    assert status["report"]["reason"] == "engine_missing", "this institution has no kraken"


def test_a_submission_that_was_taken_and_answered_with_an_error_is_one_run(desk: Desk) -> None:
    desk.cloud.faults.answer(SUBMIT, 502, after=True)
    assert desk.ended(desk.submit()).state is TaskState.RETURNED


def test_many_runs_are_looked_at_with_one_request(desk: Desk) -> None:
    desk.cloud.faults.lose_results(str(desk.config.functions["train"].id), times=3)
    references = [desk.submit() for _ in range(3)]
    until(lambda: not desk.cloud.faults.pending(), "the loss of three results")
    for reference in references:
        desk.compute.task(reference)
    desk.cloud.forget_stats()
    desk.clock.pass_(5)
    assert {desk.compute.task(reference).state for reference in references} == {TaskState.PENDING}
    assert desk.cloud.stats().count("POST /v2/batch_status") == 1


def test_a_result_that_was_thrown_away_is_unknown(desk: Desk) -> None:
    desk.cloud.faults.expire_results(str(desk.config.functions["train"].id))
    assert desk.ended(desk.submit()).state is TaskState.UNKNOWN


# What is refused ---------------------------------------------------------------------------------------------------


HUGE = Shape(name="huge", cpus=1, memory=1)
UNKNOWN_SHAPE = r"'huge' is not one of \['cpu1'\]"


def test_settings_that_the_endpoint_does_not_know(desk: Desk) -> None:
    desk.cloud.change_limits(start_patience=0)
    view = desk.ended(desk.submit(HUGE))
    assert view.state is TaskState.FAILED
    assert re.search(UNKNOWN_SHAPE, view.error)


def test_settings_that_the_endpoint_does_not_know_where_the_service_waits_for_it(desk: Desk) -> None:
    desk.cloud.change_limits(start_patience=30)
    with pytest.raises(SiteRefused, match=f"alpha does not take these settings: .*{UNKNOWN_SHAPE}"):
        desk.submit(HUGE)


def registered(desk: Desk, name: str, source: str) -> dict[str, RegisteredFunction]:
    """Registers a function of a client's own, and says that it is ``name``."""
    from globus_compute_sdk import Client

    function = Client(app=globus_app("ALPHA")).register_source_code(source, "mine")
    return desk.config.functions | {name: RegisteredFunction(id=uuid.UUID(function), sha256=digest(name))}


def test_a_function_that_the_site_does_not_allow(desk: Desk) -> None:
    compute = desk.adapter(functions=registered(desk, "probe", "def mine(payload):\n    return payload\n"))
    with pytest.raises(SiteRefused, match=r"not permitted on endpoint.*armarius endpoint register"):
        compute.call("probe", {})


def test_an_identity_that_the_endpoint_does_not_know(desk: Desk) -> None:
    service = ComputeService(globus_app())
    stranger = desk.adapter(hub=Hub(service, TaskBook(service.tell, desk.clock)))
    with pytest.raises(SiteRefused, match=r"Unauthorized access.*armarius"):
        stranger.call("progress", NO_RUNS)


class Evil:
    """What would leave a mark if it were opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.mark,)


def forge(cloud: LocalCloud, task: str, data: str) -> None:
    """Sends a result as a site could that has been taken over."""
    with pika.BlockingConnection(pika.URLParameters(cloud.broker.url)) as connection:
        connection.channel().basic_publish("results", "results", pack(Result(task_id=uuid.UUID(task), data=data)))


@pytest.mark.parametrize("kind", ["pickle", "source"])
def test_a_result_that_is_not_json_is_refused_and_never_opened(desk: Desk, tmp_path: Path, kind: str) -> None:
    mark = tmp_path / "opened"
    source = f"st\nmine:import pathlib\npathlib.Path({str(mark)!r}).touch()\nmine = 1\n"
    forged = ComputeSerializer().serialize(Evil(mark)) if kind == "pickle" else source

    desk.compute.call("progress", NO_RUNS)
    line = desk.service.line(desk.config.endpoint, CONTROL)
    desk.cloud.faults.lose_results()
    future = line.send(desk.config.functions["progress"].id, NO_RUNS)
    until(lambda: not desk.cloud.faults.pending(), "the loss of the true result")
    forge(desk.cloud, str(future.task_id), forged)  # type: ignore[attr-defined]
    error = future.exception(30)
    line.hang_up()
    assert isinstance(error, Exception)
    assert "never opened" in str(trouble(error, "alpha"))

    desk.cloud.faults.lose_results()
    reference = desk.submit()
    until(lambda: not desk.cloud.faults.pending(), "the loss of the true result")
    found = Reference.read(reference)
    assert found is not None
    forge(desk.cloud, found.task, forged)
    view = desk.ended(reference)
    assert view.state is TaskState.FAILED
    assert "never opened" in view.error
    assert not mark.exists()


# Signing in --------------------------------------------------------------------------------------------------------


def test_a_person_signs_in_and_out(made: Federation, tmp_path: Path) -> None:
    gone = ("GLOBUS_COMPUTE_CLIENT_ID", "GLOBUS_COMPUTE_CLIENT_SECRET")
    clean = {name: value for name, value in os.environ.items() if name not in gone}
    environment = clean | {"ARMARIUS_GLOBUS_CLIENT_ID": NATIVE_CLIENT, "ARMARIUS_HOME": str(tmp_path)}

    def armarius(command: str) -> "subprocess.Popen[str]":
        arguments = [sys.executable, "-m", "armarius.client.cli", command]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            arguments, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    with armarius("whoami") as asking:
        said, _ = asking.communicate(timeout=60)
    assert asking.returncode == 1
    assert "Sign in with: armarius login" in said

    with armarius("login") as signing_in:
        assert signing_in.stdout is not None
        link = next(line.strip() for line in signing_in.stdout if line.startswith("http"))
        page = urllib.request.urlopen(f"{link}&as={urllib.parse.quote(CAROL.id)}", timeout=30).read().decode()
        code = re.search("<code>(.+)</code>", page)
        assert code is not None
        said, _ = signing_in.communicate(f"{code[1]}\n", timeout=60)
    assert signing_in.returncode == 0, said
    assert f"Signed in as {CAROL.username}." in said
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600

    with armarius("whoami") as asking:
        said, _ = asking.communicate(timeout=60)
    assert said == f"{CAROL.username}\n{CAROL.id}\n"

    with armarius("logout") as leaving:
        said, _ = leaving.communicate(timeout=60)
    assert said == "Signed out.\n"
    with armarius("whoami") as asking:
        said, _ = asking.communicate(timeout=60)
    assert "Sign in with: armarius login" in said


# Death: last, since a successor starts only when the dead has missed three heartbeats -----------------------------


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
