"""Each examination, against a machine and a Globus that answer what the test says."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from click.testing import CliRunner

from armarius.client.cli import main
from armarius.endpoint_config import cli, register
from armarius.endpoint_config.doctor import THEMES, Check, Verdict, examine
from armarius.endpoint_config.doctor import files as files_theme
from armarius.endpoint_config.doctor.commands import run
from armarius.endpoint_config.doctor.node import MARK, NodeReport, look
from armarius.endpoint_config.errors import NotReached
from armarius.functions.versions import versions
from unit.endpoint_config.doctor.wards import REPORT, Ward, fails, nobody, says, ward
from unit.endpoint_config.sites import LOCAL, MAPPED, SLURM, site

ENDPOINT = "573416bb-24d6-5eda-9174-2545b3585b4c"
OWN = versions().armarius
CPU = [{"name": "cpu1", "cpus": 1, "memory": "64MiB"}]
ENDPOINT_SAYS = {
    "armarius": OWN,
    "globus-compute-endpoint": "4.19.0",
    "globus-compute-sdk": "4.19.0",
    "parsl": "2026.4",
}
KRAKEN_SAYS = {"armarius": OWN, "kraken": "7.1.1", "torch": "2.9.1"}


@pytest.fixture
def admit(tmp_path: Path) -> Callable[..., Ward]:
    """Makes a site whose root is in the test's folder."""

    def made(base: dict[str, Any] = LOCAL, ways: dict[str, Any] | None = None, /, **changes: Any) -> Ward:
        return ward(site(base, root=str(tmp_path / "root"), **changes), tmp_path, **(ways or {}))

    return made


Admit = Callable[..., Ward]


def started(ward: Ward) -> None:
    """Registers the functions and starts the endpoint, for the fakes."""
    folder, profile = ward.context.folder, ward.context.profile
    register(profile, folder, ward.compute)
    folder.identity.write_text(json.dumps({"endpoint_id": ENDPOINT}))
    folder.pidfile.write_text("1")
    ward.compute.allowed = yaml.safe_load(folder.core.read_text())["allowed_functions"]
    register(profile, folder, ward.compute)


# files


def test_files_as_rendered(admit: Admit) -> None:
    sick = admit()
    sick.machine.answers["get_config"] = says()
    assert sick.grave("files") == []


def test_files_missing_and_edited(admit: Admit) -> None:
    sick = admit()
    sick.machine.answers["get_config"] = fails("yaml.scanner.ScannerError: mapping values are not allowed here")
    (sick.context.folder.path / "user_environment.yaml").unlink()
    sick.context.folder.core.write_text("edited")
    missing, other, unreadable = sick.grave("files")
    assert "lacks user_environment.yaml" in missing
    assert "Not as the profile says: config.yaml" in other
    assert "mapping values are not allowed here" in unreadable


# environments


@pytest.mark.parametrize(
    ("endpoint", "kraken", "found"),
    [
        ({}, {}, []),
        ({"globus-compute-endpoint": "4.15.0"}, {}, ["warning: globus-compute-endpoint 4.15.0"]),
        ({"globus-compute-endpoint": "5.0"}, {}, ["warning: globus-compute-endpoint 5.0"]),
        ({"armarius": "0.0.1"}, {}, ["problem: /opt/armarius/endpoint has armarius 0.0.1"]),
        ({}, {"armarius": "0.0.1"}, ["problem: /opt/armarius/kraken/bin/python has armarius 0.0.1"]),
    ],
)
def test_environments(admit: Admit, endpoint: dict[str, str], kraken: dict[str, str], found: list[str]) -> None:
    sick = admit()
    sick.machine.answers["core_endpoint"] = says(json.dumps(ENDPOINT_SAYS | endpoint))
    sick.machine.answers["import kraken"] = says(json.dumps(KRAKEN_SAYS | kraken))
    grave = sick.grave("environments")
    assert [told[: len(beginning)] for told, beginning in zip(grave, found, strict=True)] == found


def test_environments_that_do_not_work(admit: Admit) -> None:
    sick = admit()
    sick.machine.answers["core_endpoint"] = fails("ModuleNotFoundError: No module named 'globus_compute_endpoint'")
    checks = sick.examine("environments")
    assert [check.verdict for check in checks] == [Verdict.PROBLEM, Verdict.PROBLEM]
    assert "No module named 'globus_compute_endpoint'" in checks[0].found
    assert "pip install 'armarius[endpoint]'" in checks[0].mend
    assert "command not found" in checks[1].found


# scheduler


def test_slurm_that_takes_everything(admit: Admit) -> None:
    well = admit(SLURM)
    well.machine.answers |= {"sinfo": says("gpu 2 idle\n"), "--test-only": says()}
    assert well.grave("scheduler") == []
    asked = [command for command in well.machine.ran if "sbatch" in command]
    assert len(asked) == 4  # two shapes, two projects
    assert all("--time=08:02:00" in command for command in asked)
    assert {"--partition=gpu", "--account=def@v100", "--gres=gpu:a100:1", "--exclusive", "--hint=nomultithread"} <= set(
        asked[-2]
    )
    (job,) = [command for command in well.machine.ran if {"srun", "--partition=cpu"} <= set(command)]
    assert {"--time=5", "--cpus-per-task=4", "--mem=8192M", "--account=def"} <= set(job)
    assert job[:2] == ["env", "SLURM_CONF=/etc/slurm/slurm.conf"]
    assert job[-3:-1] == ["bash", "-c"]
    assert job[-1].startswith("module load python\n")


def test_slurm_that_does_not_answer_refuses_or_is_busy(admit: Admit) -> None:
    sick = admit(SLURM, projects={"htr": "abc"})
    sick.machine.answers["--test-only"] = fails("allocation failure: Invalid account or account/partition combination")
    sick.machine.report = None
    grave = sick.grave("scheduler")
    assert grave[0].startswith("problem: Slurm does not answer: ")
    assert sum("Invalid account" in told for told in grave) == 2
    assert sum(told.startswith("warning: No node of shape") and "busy" in told for told in grave) == 2


def test_kraken_that_is_not_seen_on_the_node(admit: Admit) -> None:
    sick = admit()
    sick.machine.report = REPORT.model_copy(update={"kraken": "", "trouble": "no such file"})
    assert "problem: kraken does not work on node1: no such file" in sick.grave("scheduler")


@pytest.mark.parametrize("workers", [1, 200])
def test_a_machine_without_a_scheduler_is_not_promised_twice(admit: Admit, workers: int) -> None:
    cpus = psutil.cpu_count() or 1
    sick = admit(shapes=[{**CPU[0], "cpus": cpus, "workers": workers}])
    assert bool(sick.grave("scheduler")) == (workers > 1)


# storage


def test_storage_that_is_shared(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    well = admit(SLURM)
    assert well.grave("storage") == []
    assert not list(well.machine.root.glob(f"{MARK}*"))


def room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(free, 0, free))  # type: ignore[attr-defined]


def test_storage_without_room(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 5 << 30)
    (told,) = admit().grave("storage")
    assert told.endswith("has 5 GiB free.")


def test_storage_that_a_node_does_not_share(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU)
    sick.machine.shared = False
    assert sick.grave("storage") == [f"problem: What node1 writes into {sick.machine.root} is not seen here."]


def test_storage_that_a_node_cannot_write(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU, scratch="/scratch")
    sick.machine.report = REPORT.model_copy(update={"unwritable": {"/scratch": "Read-only file system"}})
    assert sick.grave("storage") == ["problem: /scratch cannot be written on node1: Read-only file system"]


def test_storage_when_no_node_answers(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU)
    sick.machine.report = None
    assert sick.grave("storage") == ["warning: Not examined from a node of shape cpu1: none answered."]
    sick.grave("scheduler", "storage", "gpus")
    assert len(sick.machine.ran) == 1, "a node is asked once"


def test_a_root_that_is_a_file(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 << 30)
    sick = admit(shapes=CPU)
    sick.machine.root.rmdir()
    sick.machine.root.touch()
    sick.machine.shared = False
    assert any("cannot be written from here" in told for told in sick.grave("storage"))


# gpus

LISTED = (
    "GPU 0: NVIDIA A100-PCIE-40GB (UUID: GPU-1f)",
    "MIG 1g.5gb     Device  0: (UUID: MIG-a)",
    "MIG 1g.5gb     Device  1: (UUID: MIG-ab)",
)


@pytest.mark.parametrize(
    ("devices", "missing"),
    [
        (["MIG-a", "MIG-ab"], ""),
        (["MIG-b"], "MIG-b"),
        (["0"], ""),
        (["1"], "1"),
        (["GPU-1f"], ""),
        (["GPU-1"], "GPU-1"),
    ],
)
def test_slices_by_their_names(admit: Admit, devices: list[str], missing: str) -> None:
    sick = admit(shapes=[{**CPU[0], "gpus": 1, "accelerators": devices}])
    sick.machine.report = REPORT.model_copy(update={"gpus": LISTED})
    assert sick.grave("gpus") == ([f"problem: node1 does not list {missing} of shape cpu1."] if missing else [])


def test_gpus_by_their_number(admit: Admit) -> None:
    sick = admit(SLURM, shapes=[{**CPU[0], "gpus": 2, "slurm": {"gres": "gpu:2"}}], projects={})
    sick.machine.report = REPORT.model_copy(update={"gpus": LISTED})
    assert sick.grave("gpus") == ["problem: node1 shows 1 GPUs, and shape cpu1 has 2."]


def test_without_gpus_nothing_is_asked(admit: Admit) -> None:
    well = admit(shapes=CPU)
    assert well.examine("gpus") == []
    assert well.machine.ran == []


# clock


@pytest.mark.parametrize(("off", "grave"), [(0, False), (59, False), (-59, False), (63, True), (-200, True)])
def test_clock(admit: Admit, off: float, grave: bool) -> None:
    sick = admit(LOCAL, {"web_time": lambda: (time.time() - off, 1.0)})
    told = sick.grave("clock")
    assert bool(told) == grave
    if grave:
        assert ("ahead" if off > 0 else "behind") in told[0]


def test_clock_without_a_network(admit: Admit) -> None:
    assert admit(LOCAL, {"web_time": nobody}).grave("clock")[0].startswith("warning: Globus Compute did not")


# collection


def test_collection_that_shows_the_root(admit: Admit) -> None:
    well = admit()
    assert well.grave("collection") == []
    assert not list(well.machine.root.glob(f"{MARK}*"))


def test_collection_that_shows_something_else(admit: Admit) -> None:
    sick = admit(LOCAL, {"names": lambda collection, path: ["other"]})
    (told,) = sick.grave("collection")
    assert told.startswith("problem: /armarius of collection")
    assert not list(sick.machine.root.glob(f"{MARK}*"))


def test_collection_without_a_login(admit: Admit) -> None:
    def names(collection: str, path: str) -> list[str]:
        raise NotReached("Nobody is signed in to Globus.", "Sign in with: armarius login")

    (check,) = admit(LOCAL, {"names": names}).examine("collection")
    assert (check.verdict, check.mend) == (Verdict.WARNING, "Sign in with: armarius login")


# registration


def test_registered_and_running(admit: Admit) -> None:
    well = admit()
    started(well)
    assert well.grave("registration") == []


def test_before_anything_was_registered(admit: Admit) -> None:
    unregistered, stopped, unknown = admit().grave("registration")
    assert unregistered.startswith("problem: Not registered: calibrate, train")
    assert stopped == "problem: The endpoint does not run here."
    assert "has never been started" in unknown


def test_drift_silence_and_offline(admit: Admit) -> None:
    sick = admit()
    started(sick)
    record = json.loads(sick.context.folder.functions.read_bytes())
    record["functions"]["train"]["sha256"] = "0" * 64
    sick.context.folder.functions.write_text(json.dumps(record))
    os.utime(sick.context.folder.pidfile, (time.time() - 300,) * 2)
    sick.compute.status = "offline"
    drift, silence, offline, site_file = sick.grave("registration")
    assert "another text than this release has: train" in drift
    assert "no sign of life for 300 s" in silence
    assert offline == f"problem: Globus Compute says that {ENDPOINT} is offline."
    assert "site.toml is not what the pool should be told" in site_file


def test_an_endpoint_that_allows_more(admit: Admit) -> None:
    sick = admit()
    started(sick)
    sick.compute.allowed = None
    assert sick.grave("registration") == [f"problem: The endpoint {ENDPOINT} allows every function."]


def test_registration_without_a_network(admit: Admit) -> None:
    sick = admit(LOCAL, {"compute": nobody})
    started(sick)
    assert sick.grave("registration")[0].startswith("warning: Globus Compute did not")


# permissions


def test_permissions(admit: Admit) -> None:
    sick = admit()
    assert sick.grave("permissions") == []
    sick.machine.root.chmod(0o777)
    (sick.context.folder.path.parent / "storage.db").touch(0o644)
    sick.context.folder.path.parent.chmod(0o755)
    writable, readable = sick.grave("permissions")
    assert str(sick.machine.root) in writable
    assert "storage.db" in readable


@pytest.mark.parametrize("name", ["rendered.json", "user_environment.yaml", "user_config_schema.json", "config.yaml"])
def test_any_rendered_file_that_others_may_write(admit: Admit, name: str) -> None:
    sick = admit()
    path = sick.context.folder.path / name
    path.chmod(0o664)
    assert sick.grave("permissions") == [f"problem: Others than its owner may write {path}."]


def test_a_directory_above_the_endpoint_that_others_may_write(admit: Admit, tmp_path: Path) -> None:
    sick = admit()
    tmp_path.chmod(0o777)
    assert sick.grave("permissions") == [f"problem: Others than its owner may write {tmp_path}."]
    tmp_path.chmod(0o1777)  # as /tmp: nobody may rename what belongs to others
    assert sick.grave("permissions") == []


@pytest.mark.parametrize("place", ["bin", "lib/python3.12/site-packages", "lib/python3.12/site-packages/parsl"])
@pytest.mark.parametrize("which", ["endpoint", "kraken"])
def test_an_environment_that_others_may_write(admit: Admit, tmp_path: Path, which: str, place: str) -> None:
    (tmp_path / which / place).mkdir(parents=True)
    settings = {
        "environment": str(tmp_path / "endpoint"),
        "kraken_python": str(tmp_path / "kraken" / "bin" / "python"),
    }
    sick = admit(**settings)
    assert sick.grave("permissions") == []
    (tmp_path / which / place).chmod(0o775)
    assert sick.grave("permissions") == [f"problem: Others than its owner may write {tmp_path / which / place}."]


def test_files_of_another_account(admit: Admit) -> None:
    own = admit()
    other = replace(own.context, uid=os.geteuid() + 1)
    told = [check.found for check in examine(other, ["permissions"]) if check.verdict is Verdict.PROBLEM]
    if os.geteuid():
        assert (
            f"{own.context.folder.core} belongs to the account {os.geteuid()}, who may change what runs here." in told
        )
    else:
        assert told == [], "what is root's cannot be changed by others"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_that_was_given_away(admit: Admit) -> None:
    sick = admit()
    os.chown(sick.context.folder.core, 65534, 65534)
    (told,) = sick.grave("permissions")
    assert told.endswith("config.yaml belongs to the account 65534, who may change what runs here.")


def test_hundreds_of_open_files_are_counted(admit: Admit, tmp_path: Path) -> None:
    sick = admit()
    for number in range(20):
        (sick.context.folder.path / f"{number}.json").touch()
        (sick.context.folder.path / f"{number}.json").chmod(0o666)
    told = sick.grave("permissions")
    assert len(told) == 9
    assert told[-1] == "problem: 12 more paths can be changed by others."


# mapped accounts


def mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int) -> Ward:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    well = ward(site(MAPPED, shapes=CPU), tmp_path)
    shutil.rmtree(well.machine.root, ignore_errors=True)
    return replace(well, context=replace(well.context, uid=uid))


def test_root_examines_nothing_that_belongs_to_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = mapped(tmp_path, monkeypatch, 0)
    checks = sick.examine("scheduler", "storage", "gpus", "collection")
    assert not (tmp_path / "home" / "armarius").exists()
    assert not any({"srun", "sbatch"} & set(command) for command in sick.machine.ran)
    left_out = [check for check in checks if "Not examined as root" in check.found]
    assert {check.theme for check in left_out} == {"scheduler", "storage", "gpus", "collection"}
    assert {check.verdict for check in left_out} == {Verdict.WARNING}
    assert "armarius endpoint doctor PROFILE --only scheduler --only storage" in left_out[0].mend


def test_one_of_the_people_examines_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    well = mapped(tmp_path, monkeypatch, 1000)
    assert not any("Not examined as root" in check.found for check in well.examine())
    assert (tmp_path / "home" / "armarius").is_dir()


# the whole


def test_one_failing_examination_hides_no_other(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(context: object) -> Any:
        raise ZeroDivisionError("oops")
        yield

    well = admit()
    before = len(well.examine())
    monkeypatch.setitem(THEMES, "files", (bad, *THEMES["files"]))
    checks = well.examine()
    assert len(checks) == before + 1
    assert "Could not examine (bad): ZeroDivisionError: oops" in checks[0].found


def test_only_some_themes(admit: Admit) -> None:
    assert {check.theme for check in admit().examine("clock", "files")} == {"clock", "files"}


def test_each_finding_that_is_not_well_says_what_to_mend(admit: Admit) -> None:
    sick = admit(SLURM, {"compute": nobody, "web_time": nobody, "names": lambda collection, path: []})
    sick.machine.report = None
    checks = list(examine(sick.context))
    assert {check.theme for check in checks} == set(THEMES)
    assert all(bool(check.mend) == (check.verdict is not Verdict.OK) for check in checks)


# the node's own program


def test_a_node_tells_what_it_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = tmp_path / "nvidia-smi"
    listing.write_text("#!/bin/sh\necho 'GPU 0: A100 (UUID: GPU-1)'\necho '  MIG 1g.5gb (UUID: MIG-a)'\n")
    listing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "file").touch()
    folders = [str(tmp_path / "root"), str(tmp_path / "scratch"), str(tmp_path / "file" / "below")]
    report = look("/not/there", "abc", folders)
    assert (report.kraken, report.armarius) == ("", OWN)
    assert "/not/there" in report.trouble
    assert report.gpus == ("GPU 0: A100 (UUID: GPU-1)", "MIG 1g.5gb (UUID: MIG-a)")
    assert report.unwritable.keys() == {folders[2]}
    assert [path.name for path in (tmp_path / "root").iterdir()] == [f"{MARK}-abc"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_it_is_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "armarius.endpoint_config.doctor.node", "/not/there", "abc", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert NodeReport.model_validate_json(done.stdout).host == os.uname().nodename


def test_commands_end_in_time() -> None:
    assert run(["sleep", "60"], 0.1).code == 124
    assert run(["/not/there"]).code == 127
    assert run(["sh", "-c", "echo a; echo b >&2; exit 3"]).last_words == "b"


# the command


def doctor(sick: Ward, monkeypatch: pytest.MonkeyPatch, *options: str) -> Any:
    path = sick.context.folder.path.parent / "profile.toml"
    path.touch()
    monkeypatch.setattr(cli, "read_profile", lambda path: sick.context.profile)
    monkeypatch.setattr(cli, "Context", lambda profile, folder: sick.context)
    arguments = ["endpoint", "doctor", str(path), "--to", str(sick.context.folder.path), *options]
    return CliRunner().invoke(main, arguments)


def test_the_command_for_people_and_for_programs(admit: Admit, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = admit(shapes=CPU)
    sick.machine.answers["get_config"] = says()
    well = doctor(sick, monkeypatch, "--only", "files")
    assert (well.exit_code, well.stdout.splitlines()[-1]) == (0, "2 ok, 0 warning, 0 problem")
    sick.context.folder.core.unlink()
    told = doctor(sick, monkeypatch, "--only", "files")
    assert told.exit_code == 1
    assert "armarius endpoint render PROFILE" in told.stdout
    as_json = doctor(sick, monkeypatch, "--only", "files", "--json")
    checks = [Check.model_validate(each) for each in json.loads(as_json.stdout)]
    assert [check.verdict for check in checks] == [Verdict.PROBLEM, Verdict.OK]
    assert {check.theme for check in checks} == {files_theme.THEME}
