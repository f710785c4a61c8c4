import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.errors import ApiError
from cloud.scopes import AUTH, COMPUTE, TRANSFER, by_resource_server, resource_server, split_scopes

COMPUTE_SCOPE = "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all"
TRANSFER_SCOPE = "urn:globus:auth:scope:transfer.api.globus.org:all"

word = st.text("abc:/*", min_size=1)
scope = st.recursive(word, lambda inner: st.tuples(word, st.lists(inner, min_size=1)).map(
    lambda both: f"{both[0]}[{' '.join(both[1])}]"))  # fmt: skip


@given(st.lists(scope))
def test_splits_where_they_were_joined(scopes: list[str]) -> None:
    assert split_scopes("  ".join(scopes)) == scopes


def test_each_service_gets_its_own() -> None:
    asked = f"openid {TRANSFER_SCOPE}[*https://auth.globus.org/scopes/abc/data_access] email {COMPUTE_SCOPE}"
    assert by_resource_server(asked) == {
        AUTH: ["openid", "email"], TRANSFER: [TRANSFER_SCOPE], COMPUTE: [COMPUTE_SCOPE],
    }  # fmt: skip


def test_collections_are_services() -> None:
    assert resource_server("https://auth.globus.org/scopes/some-collection/https") == "some-collection"


def test_unknown_scope() -> None:
    with pytest.raises(ApiError, match="UNKNOWN_SCOPE_ERROR"):
        resource_server("everything")
