"""An operator's afternoon with the real endpoint: init, render, register, start, register, doctor; then calls to it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from globus_compute_sdk import Client
from globus_compute_sdk.errors import TaskExecutionFailed
from globus_compute_sdk.serialize import DillDataBase64, JSONData, SerializationStrategy
from globus_sdk import ComputeAPIError

from armarius.endpoint_config import read_profile
from armarius.functions.contracts import Answer, SiteReport
from support.cli import until
from support.cloud import OPERATOR, LocalCloud, why_no_cloud
from support.endpoint import Endpoint, why_no_endpoint
from support.engine_process import find_kraken_python
from support.sign_in import client_app
from support.watchers import none_left

CONTROL = {"role": "control"}
BATCH = {"role": "batch", "shape": "machine", "walltime": "7d"}


@dataclass
class Afternoon:
    """A site that has been set up by the commands alone.

    Attributes:
        cloud: Where it is registered.
        endpoint: Its processes.
        profile: What the operator wrote.
        root: The site's directory.
    """

    cloud: LocalCloud
    endpoint: Endpoint
    profile: Path
    root: Path

    def operate(self, command: str, *options: object) -> "subprocess.CompletedProcess[str]":
        """Runs ``armarius endpoint …`` as the operator."""
        arguments = [sys.executable, "-m", "armarius.client.cli", "endpoint", command, *map(str, options)]
        own = {"GLOBUS_COMPUTE_USER_DIR": str(self.endpoint.user_dir), "ARMARIUS_HOME": str(self.profile.parent)}
        environment = {**os.environ, **self.cloud.environment(OPERATOR), **own}
        return subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=300)

    @property
    def functions(self) -> dict[str, str]:
        """The ids of the registered functions."""
        record = json.loads((self.endpoint.directory / "functions.json").read_bytes())
        return {name: function["id"] for name, function in record["functions"].items()}


def good(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def set_up(folder: Path, kraken: Path) -> Iterator[Afternoon]:
    """Does what the operator does, up to the running endpoint."""
    with LocalCloud.start(folder / "cloud") as cloud:
        root = folder / "collection" / "armarius"
        root.mkdir(parents=True, mode=0o755)
        made = Afternoon(cloud, Endpoint(folder / "globus", "lab", cloud), folder / "lab.toml", root)
        known = {
            "profile": "laptop",
            "name": "lab",
            "root": root,
            "environment": Path(sys.executable).parents[2] / "endpoint",
            "kraken-python": kraken,
            "collection": cloud.add_collection("lab", folder / "collection"),
            "collection-root": "/armarius",
        }
        good(made.operate("init", *(f"--{name}={value}" for name, value in known.items()), folder))
        good(made.operate("render", made.profile))
        good(made.operate("register", made.profile))
        with made.endpoint.running():
            good(made.operate("register", made.profile))
            yield made


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afternoon]:
    kraken = find_kraken_python()
    if reason := why_no_cloud() or why_no_endpoint() or ("" if kraken else "no kraken environment: run make envs"):
        pytest.skip(reason)
    assert kraken is not None
    with pytest.MonkeyPatch.context() as patch, set_up(tmp_path_factory.mktemp("afternoon"), kraken) as made:
        for name, value in made.cloud.environment(OPERATOR).items():
            patch.setenv(name, value)
        patch.setenv("GLOBUS_COMPUTE_USER_DIR", str(tmp_path_factory.mktemp("home")))
        with none_left():
            yield made


def call(
    site: Afternoon,
    function: str,
    payload: Any,
    config: dict[str, Any],
    *,
    data: SerializationStrategy | None = None,
    results: tuple[str, ...] = ("globus_compute_sdk.serialize.JSONData",),
) -> dict[str, Any]:
    """Calls a function and returns what is said of its task."""
    client = Client(app=client_app(OPERATOR), data_serialization_strategy=data or JSONData())
    batch = client.create_batch(user_endpoint_config=config, result_serializers=list(results))
    batch.add(function, (payload,))
    (task,) = client.batch_run(site.endpoint.id, batch)["tasks"][function]
    found: dict[str, Any] = {}

    def ended() -> bool:
        try:
            found.update(client.get_task(task))
        except TaskExecutionFailed as error:
            found.update(pending=False, exception=str(error))
        return not found["pending"]

    until(ended, f"the end of task {task}: {site.endpoint.log()}")
    return found


def of_room(check: dict[str, str]) -> bool:
    """Whether it warns that the disk of the machine that runs the tests is nearly full; it serves them all the same."""
    return (check["theme"], check["verdict"]) == ("storage", "warning") and check["found"].endswith(" GiB free.")


def test_the_doctor_finds_nothing_to_mend(site: Afternoon) -> None:
    done = site.operate("doctor", site.profile, "--json")
    checks = json.loads(done.stdout)
    assert [check for check in checks if check["verdict"] != "ok" and not of_room(check)] == []
    assert done.returncode == 0
    themes = {"files", "environments", "scheduler", "storage", "permissions", "clock", "collection", "registration"}
    assert {check["theme"] for check in checks} == themes


def test_a_control_call_is_answered_and_tells_of_its_own_user_endpoint(site: Afternoon) -> None:
    result = call(site, site.functions["probe"], {}, CONTROL)["result"]
    report = SiteReport.model_validate(Answer.model_validate(result).answer)
    assert report.versions.kraken
    (own,) = [found for found in report.user_endpoints if found.role == "control"]
    assert own.alive
    assert own.age < 60
    assert own.uptime is not None


def test_a_batch_call_runs_in_a_worker_that_knows_its_site(site: Afternoon) -> None:
    result = call(site, site.functions["train"], {"run_id": "../../etc"}, BATCH)["result"]
    refusal = Answer.model_validate(result).refusal
    assert refusal is not None
    assert refusal.error == "BadMessage"
    listed = call(site, site.functions["probe"], {}, CONTROL)["result"]["answer"]["user_endpoints"]
    (batch,) = [found for found in listed if found["role"] == "batch"]
    assert (batch["shape"], batch["walltime"], batch["project"], batch["alive"]) == ("machine", "7d", "", True)


@pytest.mark.parametrize("config", [CONTROL, BATCH])
def test_source_text_as_arguments_is_not_executed(
    site: Afternoon, config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = site.root.parent / "pwned"
    evil = f"st\na:import os\nos.mkdir({str(mark)!r})\na=({{'runs':[]}},)"
    with monkeypatch.context() as attack:
        attack.setattr(JSONData, "serialize", lambda *_: evil)
        found = call(site, site.functions["progress"], {}, config)
    assert "result" not in found
    assert "the functions of Armarius alone" in str(found["exception"])
    assert not mark.exists()
    good = call(site, site.functions["progress"], {"runs": []}, config)["result"]
    assert good == {"answer": {"runs": []}, "refusal": None}


@pytest.mark.parametrize("name", ["calibrate", "train", "evaluate"])
def test_nothing_computes_beside_the_endpoint(site: Afternoon, name: str) -> None:
    result = call(site, site.functions[name], {"run_id": "a", "task": name, "dataset": "0" * 64}, CONTROL)["result"]
    refusal = Answer.model_validate(result).refusal
    assert refusal is not None
    assert "only answers questions" in refusal.message
    assert not (site.root / "runs" / "a").exists()


def test_a_run_gets_no_more_than_its_shape_and_walltime(site: Afternoon) -> None:
    asked = {"run_id": "greedy", "task": "train", "dataset": "0" * 64, "limits": {"cpus": 4096, "gpus": 99}}
    result = call(site, site.functions["train"], asked, BATCH)["result"]
    assert result["answer"] == {"state": "ended"}
    (recorded,) = (site.root / "runs" / "greedy").rglob("spec.json")
    limits = json.loads(recorded.read_bytes())["limits"]
    shape = read_profile(site.profile).shapes[0]
    assert limits["cpus"] == shape.cpus
    assert limits["memory"] == int(shape.memory)
    assert limits["gpus"] == shape.gpus
    assert limits["walltime"] == 7 * 86400


@pytest.mark.parametrize("config", [CONTROL, BATCH])
def test_pickled_arguments_are_refused(site: Afternoon, config: dict[str, str]) -> None:
    found = call(site, site.functions["probe"], {}, config, data=DillDataBase64())
    assert "result" not in found
    assert "disabled by current configuration" in str(found["exception"])


def test_a_function_that_is_not_registered_for_the_site_is_refused(site: Afternoon) -> None:
    client = Client(app=client_app(OPERATOR), data_serialization_strategy=JSONData())
    other = client.register_source_code("def other(payload):\n    return 1\n", "other")
    with pytest.raises(Exception, match="not permitted"):
        call(site, other, {}, CONTROL)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"role": "batch", "shape": "huge", "walltime": "7d"}, "'huge' is not one of"),
        (CONTROL | {"worker_init": "touch pwned"}, "worker_init"),
    ],
)
def test_what_is_not_offered_is_refused_with_the_reason(site: Afternoon, config: dict[str, str], reason: str) -> None:
    with pytest.raises(ComputeAPIError, match=reason):
        call(site, site.functions["probe"], {}, config)


def test_no_process_below_the_endpoint_and_no_file_has_its_secret(site: Afternoon) -> None:
    call(site, site.functions["probe"], {}, CONTROL)
    call(site, site.functions["train"], {}, BATCH)
    assert OPERATOR.secret
    # Some processes write their title over their environment; Parsl's manager, from which the workers come, does not.
    below = [process for process in site.endpoint.processes() if process.pid != site.endpoint.pid]
    environments = []
    for process in below:
        with suppress(psutil.NoSuchProcess):  # squeue and its like end while the others are read
            environments.append(process.environ())
    assert any("ARMARIUS_SITE_ROOT" in environment for environment in environments)
    assert not any(OPERATOR.secret in environment.values() for environment in environments)
    written = [path for folder in (site.root, site.endpoint.user_dir) for path in folder.rglob("*") if path.is_file()]
    assert [path for path in written if OPERATOR.secret.encode() in path.read_bytes()] == []


def test_an_edit_by_hand_and_a_drift_are_found(site: Afternoon) -> None:
    core, record = site.endpoint.directory / "config.yaml", site.endpoint.directory / "functions.json"
    before = core.read_bytes(), record.read_bytes()
    try:
        core.write_bytes(before[0].replace(b"heartbeat_period", b"# by hand\nheartbeat_period"))
        record.write_text(record.read_text().replace(site.functions["train"], "0a2f1c5e-0000-4000-8000-000000000000"))
        done = site.operate("doctor", site.profile, "--json", "--only=files", "--only=registration")
    finally:
        core.write_bytes(before[0])
        record.write_bytes(before[1])
    problems = [check["found"] for check in json.loads(done.stdout) if check["verdict"] == "problem"]
    assert done.returncode == 1
    assert any("config.yaml" in found for found in problems)
    assert any("1 functions that are not on record" in found for found in problems)


def test_stopped_it_is_told(site: Afternoon) -> None:
    began = time.monotonic()
    site.endpoint.stop()
    done = site.operate("doctor", site.profile, "--only=registration")
    assert done.returncode == 1
    assert "The endpoint does not run here" in done.stdout
    assert time.monotonic() - began < 120
