"""A CAS server and a provider of OpenID Connect for all tests of this folder."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from cloud.config import Client, Identity
from support.cas_server import CASServer, running_cas
from support.cloud import LocalCloud, known_id, why_no_cloud
from support.escriptorium_doors import House, serving
from support.ports import free_port

PORTAL = known_id("sign-in of the stand-in")
SECRET = "the-secret-of-the-portal"
ERNA, FRITZ = known_id("erna"), known_id("fritz")
VARIABLES = {"ARMARIUS_OIDC_CLIENT_ID": PORTAL, "ARMARIUS_OIDC_CLIENT_SECRET": SECRET}
PEOPLE: dict[str, dict[str, str]] = {
    "guigo": {"mail": "guigo@uni.example", "givenName": "Guigo", "sn": "of Kastell"},
    "hugh": {"mail": "hugh@uni.example"},
    "nobody": {},
}


@pytest.fixture(scope="session")
def cas() -> Iterator[CASServer]:
    with running_cas(dict(PEOPLE)) as server:
        yield server


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The local Globus Auth, which here is any provider of OpenID Connect."""
    if reason := why_no_cloud():
        pytest.skip(reason)
    cloud = LocalCloud.create(tmp_path_factory.mktemp("cloud"), port=free_port())
    cloud.config.clients[PORTAL] = Client(secret=SECRET)
    cloud.config.identities |= {
        ERNA: Identity(username="erna", name="Erna Bee", email="erna@uni.example", email_verified=True),
        FRITZ: Identity(username="fritz", name="Fritz Cee", email="fritz@uni.example", email_verified=False),
    }
    with cloud.running():
        yield cloud


Open = Callable[..., House]


@pytest.fixture(scope="session")
def serve(provider: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Gives a stand-in with these ways to sign in, and without accounts; the same ways, the same stand-in."""
    opened: dict[str, House] = {}
    with ExitStack() as stack:

        def serve(**doors: dict[str, Any]) -> House:
            known = json.dumps(doors)
            if known not in opened:
                folder = tmp_path_factory.mktemp("escriptorium")
                opened[known] = stack.enter_context(serving(folder, doors, **VARIABLES))
            opened[known].empty()
            provider.faults.remove()
            return opened[known]

        yield serve


@pytest.fixture
def open_cas(serve: Open, cas: CASServer) -> Open:
    return lambda **options: serve(cas={"server": cas.url, **options})


@pytest.fixture
def open_oidc(serve: Open, provider: LocalCloud) -> Open:
    return lambda **options: serve(oidc={"issuer": provider.url, "JWT_ALGORITHMS": ["RS512"], **options})
