from cloud.gate import Requests, route_of
from cloud.store import Store

ID = "6d0ba55f-de15-4af2-827d-05c50c338aa7"


def test_ids_are_not_counted_apart() -> None:
    assert route_of("POST", f"/v3/endpoints/{ID}/submit") == "POST /v3/endpoints/{id}/submit"
    assert route_of("GET", "/v2/version") == "GET /v2/version"


def test_counts(store: Store) -> None:
    requests = Requests(store)
    for status in (200, 502, 200):
        requests.count("GET /v2/version", status)
    assert requests.tell() == {"GET /v2/version": {"200": 2, "502": 1}}
    requests.forget()
    assert requests.tell() == {}
