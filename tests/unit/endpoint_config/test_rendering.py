import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from armarius.endpoint_config import EndpointFolder, Profile
from armarius.endpoint_config.rendering import planned
from armarius.endpoint_config.rendering.literals import Value, literal
from armarius.endpoint_config.rendering.plan import user_template
from armarius.functions.contracts import QueueTable
from armarius.functions.notice import TRAP
from armarius.functions.queue import QUEUE_VARIABLE
from armarius.functions.site import Site
from unit.endpoint_config.sites import LOCAL, MAPPED, SLURM, site

FOLDER = EndpointFolder(Path("/home/armarius/.globus_compute/alpha"))
SOME_ID = "11111111-2222-4333-8444-555555555555"


def user_config(profile: Profile, **asked: Any) -> dict[str, Any]:
    """Renders the template as Globus Compute 4.19 does: each text a person sends arrives in JSON."""
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    said = {name: json.dumps(value) if isinstance(value, str) else value for name, value in asked.items()}
    found: dict[str, Any] = yaml.safe_load(environment.from_string(user_template(profile)).render(**said))
    return found


def batch(profile: Profile, shape: str = "", walltime: str = "8h", **project: str) -> dict[str, Any]:
    return user_config(profile, role="batch", shape=shape or profile.shapes[0].name, walltime=walltime, **project)


@pytest.mark.parametrize("base", [LOCAL, SLURM, MAPPED])
def test_the_same_profile_gives_the_same_bytes(base: dict[str, Any]) -> None:
    assert planned(site(base), FOLDER) == planned(site(base), FOLDER)


def test_the_control_role_is_some_threads_beside_the_endpoint() -> None:
    config = user_config(site(), role="control")
    assert config["display_name"] == "armarius control"
    assert (config["engine"]["type"], config["engine"]["max_workers"]) == ("ThreadPoolEngine", 4)
    assert "provider" not in config["engine"]


@pytest.mark.parametrize("asked", [{"role": "control"}, {"role": "batch", "shape": "mig-5g", "walltime": "8h"}])
def test_nothing_but_our_own_functions_and_json_is_read(asked: dict[str, str]) -> None:
    allowed = user_config(site(), **asked)["engine"]["allowed_serializers"]
    assert allowed == ["armarius.functions.guard.OwnSource", "globus_compute_sdk.serialize.JSONData"]


def test_a_slice_of_a_gpu_has_one_run_each() -> None:
    engine = batch(site(), "mig-5g")["engine"]
    assert engine["available_accelerators"] == ["MIG-a", "1"]
    assert engine["max_workers_per_node"] == 2
    assert (engine["provider"]["type"], engine["provider"]["max_blocks"]) == ("LocalProvider", 1)
    assert (engine["address"], engine["loopback_address"]) == ("127.0.0.1", "127.0.0.1")
    assert "drain_period" not in engine


def test_so_many_runs_share_each_gpu_and_each_knows_its_share() -> None:
    share = {"name": "share", "cpus": 1, "memory": "4GiB", "gpus": 1, "gpu_memory": "5GB", "sharing": 2}
    shared = site(shapes=[{**share, "accelerators": ["GPU-a", "MIG-b"]}])
    engine = batch(shared)["engine"]
    assert engine["available_accelerators"] == ["GPU-a", "MIG-b", "GPU-a", "MIG-b"], "two runs come to two GPUs"
    assert engine["max_workers_per_node"] == 4
    lines = engine["provider"]["worker_init"].splitlines()
    assert {"export ARMARIUS_GPU_MEMORY=5000000000", "export ARMARIUS_SHARING=2"} <= set(lines)
    assert shared.shapes[0].shape().sharing == 2
    assert "ARMARIUS_GPU_MEMORY" not in str(batch(site())), "a slice has a limit of its own"


def test_slurm_shares_gpus_out_and_each_run_knows_its_share() -> None:
    share = {"name": "share", "cpus": 1, "memory": "4GiB", "gpus": 1, "gpu_memory": "5GB", "sharing": 4}
    engine = batch(site(SLURM, shapes=[{**share, "slurm": {"gres": "shard:1"}}]), project="htr")["engine"]
    assert (engine["provider"]["gres"], engine["max_workers_per_node"]) == ("shard:1", 1)
    assert "export ARMARIUS_GPU_MEMORY=5000000000" in engine["provider"]["worker_init"].splitlines()


def test_workers_that_see_the_same_gpu_share_it() -> None:
    third = {"name": "third", "cpus": 1, "memory": "4GiB", "gpus": 1, "gpu_memory": "5GB", "workers": 3}
    assert site(shapes=[third]).shapes[0].shape().sharing == 3
    assert site().shapes[1].shape().sharing == 1, "workers on a CPU share no GPU"


def test_a_shared_machine_has_its_workers() -> None:
    engine = batch(site(), "cpu2")["engine"]
    assert engine["max_workers_per_node"] == 3
    assert "available_accelerators" not in engine


def test_slurm_is_told_what_the_shape_says() -> None:
    config = batch(site(SLURM), "gpu", project="htr")
    provider = config["engine"]["provider"]
    assert config["display_name"] == "armarius batch gpu 8h htr"
    assert config["engine"]["address"] == {"type": "address_by_interface", "ifname": "lo"}
    expected = {
        "type": "SlurmProvider",
        "partition": "gpu",
        "account": "abc@v100",
        "qos": "t3",
        "constraint": "a100&gpu80",
        "gres": "gpu:a100:1",
        "exclusive": True,
        "walltime": "08:02:00",
        "min_blocks": 0,
        "init_blocks": 0,
        "max_blocks": 4,
        "nodes_per_block": 1,
    }
    assert expected.items() <= provider.items()
    options = ["cpus-per-task=8", "reservation=school", "hint=nomultithread", "no-requeue"]
    assert provider["scheduler_options"].splitlines() == [f"#SBATCH --{option}" for option in options]


def test_memory_is_asked_for_where_the_site_wants_it() -> None:
    assert "#SBATCH --mem=8192M" in batch(site(SLURM), "cpu4", project="htr")["engine"]["provider"]["scheduler_options"]


@pytest.mark.parametrize(("project", "account"), [("htr", "abc"), ("fondue", "def")])
def test_the_project_is_charged(project: str, account: str) -> None:
    assert batch(site(SLURM), "cpu4", project=project)["engine"]["provider"]["account"] == account


def test_without_projects_the_shapes_account_is_charged() -> None:
    shape = {"name": "cpu4", "cpus": 4, "memory": "8GiB", "slurm": {"account": "group"}}
    assert batch(site(SLURM, projects={}, shapes=[shape]))["engine"]["provider"]["account"] == "group"


@pytest.mark.parametrize(
    ("walltime", "allowance", "asked"), [("30m", "2m", "00:32:00"), ("8h", "1s", "08:01:00"), ("2d", "2m", "48:02:00")]
)
def test_slurm_is_asked_for_whole_minutes_and_the_start(walltime: str, allowance: str, asked: str) -> None:
    profile = site(SLURM, walltimes=[walltime], start_allowance=allowance)
    assert batch(profile, walltime=walltime, project="htr")["engine"]["provider"]["walltime"] == asked


def test_a_job_takes_no_second_run() -> None:
    """What is left of the job would be less than that run was promised."""
    engine = batch(site(SLURM), project="htr")["engine"]
    assert 0 < engine["drain_period"] < 120
    assert engine["max_workers_per_node"] == 1


def test_heartbeats_tell_the_truth_within_a_minute() -> None:
    config = batch(site(SLURM), project="htr")
    assert 3 * config["heartbeat_period"] <= 60
    assert config["engine"]["heartbeat_threshold"] <= 60


def test_idle_control_lingers_and_idle_batch_ends_and_no_training_is_cut_off() -> None:
    control, batches = user_config(site(), role="control"), batch(site())
    period = control["heartbeat_period"]
    assert control["idle_heartbeats_soft"] * period == 8 * 3600
    assert batches["idle_heartbeats_soft"] * period == 600
    assert batches["idle_heartbeats_hard"] * period == 60 * 86400


def test_under_slurm_a_job_without_a_run_goes_at_once() -> None:
    """Also one in the queue that waits for nothing: that strategy alone takes back jobs while others wait."""
    told = batch(site(SLURM), project="htr")["engine"]["job_status_kwargs"]
    assert told == {"strategy": "htex_auto_scale", "strategy_period": 2, "max_idletime": 3}


def test_control_functions_get_the_table_of_slurm_and_it_names_every_option() -> None:
    environment = yaml.safe_load(planned(site(SLURM), FOLDER)["user_environment.yaml"])
    table = QueueTable.model_validate_json(environment[QUEUE_VARIABLE])
    assert table.walltimes == {"30m": "00:32:00", "8h": "08:02:00"}
    plain, gpu = table.shapes
    assert (plain.memory, plain.picky, gpu.memory, gpu.picky, gpu.whole) == (8 << 30, False, None, True, True)
    assert set(gpu.options) == {
        "--partition=gpu", "--account=def@v100", "--qos=t3", "--constraint=a100&gpu80", "--gres=gpu:a100:1",
        "--exclusive", "--cpus-per-task=8", "--reservation=school", "--hint=nomultithread", "--nodes=1", "--ntasks=1",
    }  # fmt: skip


def test_without_slurm_there_is_no_such_table() -> None:
    assert QUEUE_VARIABLE not in yaml.safe_load(planned(site(), FOLDER)["user_environment.yaml"])


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"role": "root"},
        {"role": 1},
        {"role": ["control"]},
        {"role": "batch"},
        {"role": "batch", "shape": "cpu4", "walltime": "8h"},
        {"role": "batch", "shape": "cpu4", "walltime": "9h", "project": "htr"},
        {"role": "batch", "shape": "big", "walltime": "8h", "project": "htr"},
        {"role": "batch", "shape": "cpu4", "walltime": "8h", "project": "abc"},
        {"role": "batch", "shape": "cpu4", "walltime": "8h", "project": None},
    ],
)
def test_even_without_a_schema_what_is_not_known_starts_nothing(asked: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"has no (attribute|element)|undefined"):
        user_config(site(SLURM), **asked)


def test_every_worker_knows_its_site_and_no_secret() -> None:
    lines = batch(site(SLURM), project="htr")["engine"]["provider"]["worker_init"].splitlines()
    assert lines[0] == "module load python"
    assert {
        "unset GLOBUS_COMPUTE_CLIENT_ID GLOBUS_COMPUTE_CLIENT_SECRET",
        'export PATH=/opt/armarius/endpoint/bin:"$PATH"',
        "export ARMARIUS_SITE_ROOT=/scratch/armarius",
        "export ARMARIUS_KRAKEN_PYTHON=/opt/armarius/kraken/bin/python",
        "export SLURM_CONF=/etc/slurm/slurm.conf",
        'export TMPDIR="$(mktemp -d /tmp/armarius-job.XXXXXXXX)"',
    } <= set(lines)


def test_only_the_script_of_a_slurm_job_passes_on_that_it_is_told_to_end() -> None:
    trap = TRAP.splitlines()
    under_slurm = batch(site(SLURM), project="htr")["engine"]["provider"]["worker_init"].splitlines()
    without = batch(site())["engine"]["provider"]["worker_init"].splitlines()
    assert [line for line in under_slurm if line in trap] == trap
    assert not set(without) & set(trap)


@pytest.mark.parametrize(
    ("shape", "walltime", "bounds"),
    [
        ("cpu4", "30m", {"CPUS": "4", "MEMORY": str(8 << 30), "GPUS": "0", "WALLTIME": "1800"}),
        ("gpu", "8h", {"CPUS": "8", "MEMORY": str(32 << 30), "GPUS": "1", "WALLTIME": "28800"}),
    ],
)
def test_every_worker_knows_its_role_and_the_frame_of_its_shape_alone(
    shape: str, walltime: str, bounds: dict[str, str]
) -> None:
    lines = batch(site(SLURM), shape, walltime, project="htr")["engine"]["provider"]["worker_init"].splitlines()
    settings = dict(line.removeprefix("export ARMARIUS_").split("=") for line in lines if "export ARMARIUS_" in line)
    assert {name: settings[name] for name in bounds} == bounds
    assert settings["ROLE"] == "batch"
    assert len(settings) == sum("export ARMARIUS_" in line for line in lines), "none is set twice"


def test_beside_the_endpoint_nothing_may_compute() -> None:
    assert "ARMARIUS_ROLE" not in yaml.safe_load(planned(site(SLURM), FOLDER)["user_environment.yaml"])


def test_the_environment_of_user_endpoints() -> None:
    environment = yaml.safe_load(planned(site(SLURM), FOLDER)["user_environment.yaml"])
    assert environment["PATH"].startswith("/opt/armarius/endpoint/bin:")
    assert environment["ARMARIUS_SITE_ROOT"] == "/scratch/armarius"
    assert environment["GLOBUS_COMPUTE_CLIENT_SECRET"] == ""
    assert all(isinstance(value, str) for value in environment.values())


def test_the_limit_of_the_cache_reaches_control_calls_and_workers() -> None:
    limited = site(SLURM, cache="200GB")
    environment = yaml.safe_load(planned(limited, FOLDER)["user_environment.yaml"])
    assert environment["ARMARIUS_CACHE"] == "200000000000"
    lines = batch(limited, project="htr")["engine"]["provider"]["worker_init"].splitlines()
    assert "export ARMARIUS_CACHE=200000000000" in lines
    assert "ARMARIUS_CACHE" not in str(planned(site(SLURM), FOLDER))


def test_before_register_nothing_is_allowed() -> None:
    assert yaml.safe_load(planned(site(), FOLDER)["config.yaml"])["allowed_functions"] == []
    assert yaml.safe_load(planned(site(), FOLDER, [SOME_ID])["config.yaml"])["allowed_functions"] == [SOME_ID]


def test_everybodys_account() -> None:
    files = planned(site(MAPPED), FOLDER)
    core = yaml.safe_load(files["config.yaml"])
    assert core["identity_mapping_config_path"] == f"{FOLDER.path}/identity_mapping_config.json"
    assert core["email"] == "hpc@uni.example"
    (document,) = json.loads(files["identity_mapping_config.json"])
    assert document["DATA_TYPE"] == "expression_identity_mapping#1.0.0"
    assert [rule.get("literal", False) for rule in document["mappings"]] == [True, False]
    assert "example_identity_mapping_config.json" not in files


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        (LOCAL, {}, {"systemd/user"}),
        (LOCAL, {"identity": {"kind": "service", "account": "armarius"}}, {"systemd/user", "systemd/system"}),
        (MAPPED, {}, {"systemd/system"}),
    ],
)
def test_systemd_units(base: dict[str, Any], changes: dict[str, Any], expected: set[str]) -> None:
    profile = site(base, **changes)
    units = {name: text for name, text in planned(profile, FOLDER).items() if name.startswith("systemd")}
    assert {name.rpartition("/")[0] for name in units} == expected
    for name, text in units.items():
        assert "ExecStart=/opt/armarius/endpoint/bin/globus-compute-endpoint start alpha" in text
        assert ("User=armarius" in text) == (bool(changes) and "system/" in name)


def test_the_schema_knows_exactly_four_words() -> None:
    schema = json.loads(planned(site(SLURM), FOLDER)["user_config_schema.json"])
    assert set(schema["properties"]) == {"role", "shape", "walltime", "project"}
    assert schema["additionalProperties"] is False
    assert all(part["type"] == "string" and part["enum"] for part in schema["properties"].values())


VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_a_literal_is_its_value_whatever_it_holds(value: Value) -> None:
    found: list[Value] = []
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    environment.globals["keep"] = found.append
    environment.from_string(f"{{%- set X = {literal(value)} -%}}{{{{ keep(X) }}}}").render()
    assert found == [value]
    assert type(found[0]) is type(value)


@pytest.mark.parametrize(
    "line", ["{{ evil }}", "{% endraw %}", "{# x #}", "a: b", "' \" \\ \\n", "é😀", "- x", "# x", "|", "\\x27 }}"]
)
def test_the_operators_own_line_arrives_as_it_is(line: str) -> None:
    lines = batch(site(SLURM, setup=[line]), project="htr")["engine"]["provider"]["worker_init"].splitlines()
    assert lines[0] == line


def test_one_root_for_everybody_is_in_each_ones_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in yaml.safe_load(planned(site(MAPPED), FOLDER)["user_environment.yaml"]).items():
        monkeypatch.setenv(name, value)
    assert Site.from_environment().root == tmp_path / "armarius"
