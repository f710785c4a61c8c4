"""People and applications at the local cloud."""

import globus_sdk
import pytest
from globus_compute_sdk import Client
from globus_sdk import AuthAPIError, AuthClient, GroupsClient, TransferClient

from support.cloud import CAROL, MALLORY, POOL, USERS, LocalCloud, Person
from support.sign_in import client_app, user_app

TOKEN = "POST /v2/oauth2/token"


def test_person_signs_in_once(cloud: LocalCloud) -> None:
    app, sign_in = user_app(CAROL)
    transfers = TransferClient(app=app)
    transfers.get_submission_id()
    cloud.faults.expire_tokens(CAROL.id)
    transfers.get_submission_id()

    assert sign_in.count == 1, "the refresh token does the rest"
    assert cloud.stats().requests["GET /v0.10/submission_id"] == {"200": 2, "401": 1}


def test_one_application_for_all_services(cloud: LocalCloud) -> None:
    app, _ = user_app(CAROL)
    compute, groups, auth = Client(app=app), GroupsClient(app=app), AuthClient(app=app)
    assert compute.get_endpoints() == []
    assert [group["id"] for group in groups.get_my_groups()] == [USERS]
    assert auth.userinfo()["preferred_username"] == CAROL.username


def test_wrong_secret(cloud: LocalCloud) -> None:
    app = client_app(Person(POOL.id, POOL.username, "wrong"))
    with pytest.raises(AuthAPIError) as error:
        TransferClient(app=app).get_submission_id()
    assert error.value.http_status == 401


def test_code_is_good_once(cloud: LocalCloud) -> None:
    app, sign_in = user_app(MALLORY)
    app.login()
    with pytest.raises(globus_sdk.AuthAPIError, match="invalid_grant"):
        sign_in.login_client.oauth2_exchange_code_for_tokens("used or invented")


def test_identities_by_name(cloud: LocalCloud) -> None:
    found = AuthClient(app=client_app()).get_identities(usernames=[CAROL.username, "nobody@nowhere"])
    assert [identity["id"] for identity in found["identities"]] == [CAROL.id]
