import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from armarius.client.config import GlobusSiteConfig, read_config
from armarius.endpoint_config import BadFolder, Drift, EndpointFolder, HandEdited, NotReached, render
from armarius.endpoint_config.record import FunctionRecord
from armarius.endpoint_config.registering import endpoint_id, register
from armarius.functions.registered.source import NAMES, digest, source
from unit.endpoint_config.services import FakeFunctions
from unit.endpoint_config.sites import LOCAL, MAPPED, SLURM, site

ENDPOINT = "573416bb-24d6-5eda-9174-2545b3585b4c"


@pytest.fixture
def folder(tmp_path: Path) -> EndpointFolder:
    return render(site(), tmp_path / "alpha").folder


@pytest.fixture
def service() -> FakeFunctions:
    return FakeFunctions()


def start(folder: EndpointFolder, service: FakeFunctions) -> None:
    """Does what starting an endpoint does: it gets its id, and the cloud its allow-list."""
    folder.identity.write_text(json.dumps({"endpoint_id": ENDPOINT}))
    service.allowed = yaml.safe_load(folder.core.read_text())["allowed_functions"]


def test_every_function_by_its_source_text(folder: EndpointFolder, service: FakeFunctions) -> None:
    done = register(site(), folder, service)
    assert done.new == NAMES
    assert (done.endpoint, done.restart) == (None, False)
    assert {each["name"]: each["source"] for each in service.registered} == {name: source(name) for name in NAMES}
    record = FunctionRecord.read(folder)
    assert {name: str(function.id) for name, function in record.functions.items()} == {
        each["name"]: each["id"] for each in service.registered
    }
    assert all(function.sha256 == digest(name) for name, function in record.functions.items())


def test_they_and_nothing_else_are_allowed(folder: EndpointFolder, service: FakeFunctions) -> None:
    register(site(), folder, service)
    allowed = yaml.safe_load(folder.core.read_text())["allowed_functions"]
    assert sorted(allowed) == sorted(each["id"] for each in service.registered)


def test_twice_is_once(folder: EndpointFolder, service: FakeFunctions) -> None:
    register(site(), folder, service)
    before = folder.functions.read_bytes()
    assert register(site(), folder, service).new == ()
    assert len(service.registered) == len(NAMES)
    assert folder.functions.read_bytes() == before


def test_a_function_that_is_no_more_offered_is_no_more_allowed(folder: EndpointFolder, service: FakeFunctions) -> None:
    register(site(), folder, service)
    register(site(functions=["probe"]), folder, service)
    probe = FunctionRecord.read(folder).functions["probe"]
    assert yaml.safe_load(folder.core.read_text())["allowed_functions"] == [str(probe.id)]


def test_interrupted_it_goes_on_where_it_was(folder: EndpointFolder, service: FakeFunctions) -> None:
    service.fails_after = 3
    with pytest.raises(NotReached, match="connection reset"):
        register(site(), folder, service)
    service.fails_after = None
    done = register(site(), folder, service)
    assert len(done.new) == len(NAMES) - 3
    assert len(service.registered) == len(NAMES)


def test_drift_is_refused_until_asked_for(folder: EndpointFolder, service: FakeFunctions) -> None:
    register(site(), folder, service)
    document = json.loads(folder.functions.read_bytes())
    document["functions"]["train"]["sha256"] = "0" * 64
    folder.functions.write_text(json.dumps(document))
    with pytest.raises(Drift, match="train") as told:
        register(site(), folder, service)
    assert "--again" in told.value.hint
    assert len(service.registered) == len(NAMES)
    assert register(site(), folder, service, again=True).new == NAMES


def test_a_started_endpoint_must_be_started_again_for_new_functions(
    folder: EndpointFolder, service: FakeFunctions
) -> None:
    start(folder, service)
    assert register(site(), folder, service).restart
    start(folder, service)
    assert not register(site(), folder, service).restart


@pytest.mark.parametrize("online", [None, [], ["0a2f1c5e-0000-4000-8000-000000000000"]])
def test_an_endpoint_that_allows_something_else_is_told(
    folder: EndpointFolder, service: FakeFunctions, online: list[str] | None
) -> None:
    register(site(), folder, service)
    start(folder, service)
    service.allowed = online
    with pytest.raises(Drift, match=ENDPOINT):
        register(site(), folder, service)
    assert not folder.site.exists()


@pytest.mark.parametrize("base", [LOCAL, SLURM, MAPPED])
def test_the_file_for_the_pool_is_one_that_the_pool_reads(
    tmp_path: Path, service: FakeFunctions, base: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = site(base)
    folder = render(profile, tmp_path / profile.name).folder
    register(profile, folder, service)
    start(folder, service)
    register(profile, folder, service)
    sites = tmp_path / "config" / "sites"
    sites.mkdir(parents=True)
    (sites / f"{profile.name}.toml").write_bytes(folder.site.read_bytes())
    monkeypatch.setenv("ARMARIUS_HOME", str(tmp_path / "home"))
    found = read_config(tmp_path / "config").site(profile.name)
    assert isinstance(found, GlobusSiteConfig)
    assert found.endpoint == UUID(ENDPOINT)
    assert found.data == profile.data
    assert found.shapes == tuple(shape.shape() for shape in profile.shapes)
    assert found.walltimes == profile.walltimes
    assert found.functions == FunctionRecord.read(folder).functions
    assert found.project == (None if base is LOCAL else "fondue")


@pytest.mark.parametrize(
    ("callers", "public", "group"),
    [("owner", False, None), ("everyone", True, None), (ENDPOINT, False, UUID(ENDPOINT))],
)
def test_whom_globus_lets_use_them(
    folder: EndpointFolder, service: FakeFunctions, callers: str, public: bool, group: UUID | None
) -> None:
    register(site(callers=callers), folder, service)
    assert {(each["public"], each["group"]) for each in service.registered} == {(public, group)}


def test_an_edit_by_hand_is_noticed_before_anything_is_registered(
    folder: EndpointFolder, service: FakeFunctions
) -> None:
    folder.core.write_text("edited")
    with pytest.raises(HandEdited):
        register(site(), folder, service)
    assert service.registered == []


def test_render_comes_first(tmp_path: Path, service: FakeFunctions) -> None:
    with pytest.raises(BadFolder, match="holds no rendered endpoint"):
        register(site(), EndpointFolder.at(tmp_path / "alpha"), service)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"endpoint_id": 5}', '{"endpoint_id": "x"}'])
def test_an_id_that_is_none_is_told(folder: EndpointFolder, content: str) -> None:
    folder.identity.write_text(content)
    with pytest.raises(BadFolder):
        endpoint_id(folder)


def test_a_damaged_record_is_told(folder: EndpointFolder, service: FakeFunctions) -> None:
    folder.functions.write_text("{")
    with pytest.raises(BadFolder, match=r"functions\.json"):
        register(site(), folder, service)
