"""An endpoint of root that maps identities to local users."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from globus_compute_sdk import Client, Executor
from globus_sdk import GlobusAPIError

from support.cloud import CAROL, MALLORY, LocalCloud, Person
from support.endpoint import Endpoint, why_no_mapping
from support.powers import NOBODY
from support.sign_in import user_app

from .asking import PATIENCE
from .conftest import configure

WHO = """\
def who():
    import os, pwd
    return pwd.getpwuid(os.getuid()).pw_name
"""


@pytest.fixture
def mapping_endpoint(cloud: LocalCloud, tmp_path: Path) -> Iterator[Endpoint]:
    if reason := why_no_mapping():
        pytest.skip(reason)
    rule = {"source": "{username}", "match": CAROL.username, "output": NOBODY, "literal": True}
    document = [{"DATA_TYPE": "expression_identity_mapping#1.0.0", "mappings": [rule]}]
    (tmp_path / "mapping.json").write_text(json.dumps(document))
    configure(
        tmp_path / "home",
        "shared",
        email="operator@localhost",
        identity_mapping_config_path=str(tmp_path / "mapping.json"),
    )
    with Endpoint(tmp_path / "home", "shared", cloud, maps_identities=True).running() as running:
        yield running


def ask_who(endpoint: Endpoint, person: Person) -> str:
    app, _ = user_app(person)
    client = Client(app=app)
    function = client.register_source_code(WHO, "who")
    with Executor(endpoint_id=endpoint.id, client=client) as executor:
        executor.task_group_id = None  # otherwise it is that of the first person in this process
        name: str = executor.submit_to_registered_function(function).result(PATIENCE)
    return name


def test_mapping(mapping_endpoint: Endpoint) -> None:
    mapping_endpoint.cloud.change_limits(start_patience=30.0)
    assert ask_who(mapping_endpoint, CAROL) == NOBODY
    with pytest.raises(GlobusAPIError, match="Identity failed to map to a local user name") as error:
        ask_who(mapping_endpoint, MALLORY)
    assert (error.value.http_status, error.value.code) == (422, "SEMANTICALLY_INVALID")
