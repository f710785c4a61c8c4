import pytest

from cloud.errors import ApiError
from cloud.scopes import AUTH, TRANSFER
from cloud.store import Store
from cloud.tokens import Code, Tokens

SCOPES = "urn:globus:auth:scope:transfer.api.globus.org:all openid"


@pytest.fixture
def tokens(store: Store) -> Tokens:
    return Tokens(store, life=60.0)


def test_one_token_for_each_service(tokens: Tokens) -> None:
    issued = tokens.issue("app", "carol", SCOPES, refresh=True)
    (other,) = issued["other_tokens"]
    assert (issued["resource_server"], other["resource_server"]) == (AUTH, TRANSFER)
    assert tokens.check(f"Bearer {other['access_token']}", TRANSFER).identity == "carol"
    kept = tokens.find(other["refresh_token"], "refresh")
    assert kept is not None and kept.scope == SCOPES.split()[0]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer invented", "Basic abc"])
def test_no_valid_token(tokens: Tokens, header: str) -> None:
    with pytest.raises(ApiError) as error:
        tokens.check(header, AUTH)
    assert error.value.status == 401


def test_token_of_another_service(tokens: Tokens) -> None:
    issued = tokens.issue("app", "carol", "openid")
    with pytest.raises(ApiError) as error:
        tokens.check(f"Bearer {issued['access_token']}", TRANSFER)
    assert error.value.status == 403


def test_expiry_of_one_identity(tokens: Tokens) -> None:
    carol, mallory = (tokens.issue("app", who, "openid", refresh=True) for who in ("carol", "mallory"))
    tokens.expire_all("carol")
    assert tokens.find(carol["access_token"]) is None
    assert tokens.find(carol["refresh_token"], "refresh") is not None
    assert tokens.find(mallory["access_token"]) is not None
    tokens.expire_all()
    assert tokens.find(mallory["access_token"]) is None


def test_revoked(tokens: Tokens) -> None:
    issued = tokens.issue("app", "carol", "openid")
    tokens.revoke(issued["access_token"])
    assert tokens.find(issued["access_token"]) is None


def test_code_is_for_one_application_and_once(tokens: Tokens) -> None:
    code = Code("app", "carol", "openid", refresh=True)
    value = tokens.new_code(code)
    assert tokens.take_code(value, "another") is None
    assert tokens.take_code(value, "app") == code
    assert tokens.take_code(value, "app") is None
