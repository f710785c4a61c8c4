from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.config import Collection
from cloud.errors import ApiError
from cloud.storage import Collections, list_folder
from cloud.store import Store


@pytest.fixture
def collections(store: Store, tmp_path: Path) -> Collections:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "way-out").symlink_to(tmp_path)
    return Collections(store, {"c": Collection(name="here", root=root)})


@pytest.mark.parametrize("path", ["/~/a/b", "/a/b", "a/b", "/a/x/../b"])
def test_paths_are_relative_to_the_root(collections: Collections, tmp_path: Path, path: str) -> None:
    assert collections.locate("c", path) == (tmp_path / "root" / "a" / "b").resolve()


@given(st.lists(st.sampled_from(["..", ".", "~", "", "way-out", "secret", "root", "a"]), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_outside_can_be_named(collections: Collections, tmp_path: Path, parts: list[str]) -> None:
    try:
        found = collections.locate("c", "/" + "/".join(parts))
    except ApiError as error:
        assert error.status == 403
    else:
        assert found.is_relative_to((tmp_path / "root").resolve())


def test_unknown_collection(collections: Collections) -> None:
    with pytest.raises(ApiError, match="EndpointNotFound"):
        collections.get("d")


def test_listing(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("four")
    (tmp_path / "c").symlink_to("a")
    assert [(entry["name"], entry["type"], entry["link_target"]) for entry in list_folder(tmp_path)] == [
        ("a", "file", None), ("b", "dir", None), ("c", "file", "a"),
    ]  # fmt: skip
