from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.campaigns.asked import ImageService
from armarius.client.campaigns.sources.iiif.services import no_wider, service_of, version_of, whole

HOME = "https://iiif.example.org/i"
IMAGE_2 = "http://iiif.io/api/image/2/context.json"
IMAGE_3 = "http://iiif.io/api/image/3/context.json"


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ({"@id": HOME, "@context": IMAGE_2, "profile": "http://iiif.io/api/image/2/level1.json"}, (2, 1)),
        ({"@id": HOME, "@context": IMAGE_2, "profile": ["http://iiif.io/api/image/2/level0.json", {}]}, (2, 0)),
        ({"id": HOME, "type": "ImageService3", "profile": "level2"}, (3, 2)),
        ({"@id": HOME, "@type": "ImageService2", "profile": "level2"}, (2, 2)),
        ({"@id": HOME, "profile": "http://library.stanford.edu/iiif/image-api/1.1/compliance.html#level1"}, (1, 1)),
        ({"@id": HOME, "profile": "http://library.stanford.edu/iiif/image-api/compliance.html#level1"}, (1, 1)),
        ({"@id": f"{HOME}/"}, (None, None)),
        ({"@id": f"{HOME}/info.json", "profile": "level2"}, (None, 2)),
    ],
)
def test_what_a_service_says_of_itself(service: dict[str, Any], found: tuple[int | None, int | None]) -> None:
    read = service_of({"service": [service]})
    assert read is not None
    assert (read.id, read.version, read.level) == (HOME, *found)


def test_services_that_give_no_images_do_not_count() -> None:
    login = {"@id": f"{HOME}/login", "profile": "http://iiif.io/api/auth/1/login"}
    search = {"id": f"{HOME}/search", "type": "SearchService2"}
    assert service_of({"service": [login, search, "text", {}]}) is None
    found = service_of({"service": [login, {"@id": HOME, "@context": IMAGE_2}]})
    assert found is not None and found.id == HOME


@pytest.mark.parametrize(
    ("version", "end"), [(1, "full/full/0/native.jpg"), (2, "full/full/0/default.jpg"), (3, "full/max/0/default.jpg")]
)
def test_the_whole_image(version: Any, end: str) -> None:
    assert whole(ImageService(id=HOME, version=version)) == f"{HOME}/{end}"


def test_a_server_that_gives_no_more_is_asked_for_the_most() -> None:
    limited = {"profile": ["http://iiif.io/api/image/2/level2.json", {"maxWidth": 2000}]}
    assert whole(ImageService(id=HOME, version=2), limited) == f"{HOME}/full/max/0/default.jpg"


@pytest.mark.parametrize(
    ("version", "info", "size"),
    [
        (2, {"width": 6000, "profile": ["http://iiif.io/api/image/2/level2.json"]}, "2500,"),
        (3, {"width": 6000, "profile": "level1"}, "2500,"),
        (3, {"width": 2000, "profile": "level1"}, "max"),
        (2, {"width": 2500}, "full"),
        (3, {"width": 6000, "profile": "level2", "maxWidth": 1000}, "1000,"),
        (3, {"width": 6000, "profile": "level0", "sizes": [{"width": 3000, "height": 4000},
            {"width": 1500, "height": 2000}, {"width": 750, "height": 1000}]}, "1500,2000"),
        (2, {"width": 6000, "profile": ["http://iiif.io/api/image/2/level0.json"],
             "sizes": [{"width": 1500, "height": 2000}]}, "1500,"),
        (3, {"width": 6000, "profile": "level0"}, "max"),
        (3, {"width": 6000, "profile": "level0", "sizes": [{"width": 3000, "height": 4000}]}, "max"),
        (None, {"@context": IMAGE_3, "width": 6000, "profile": "level0"}, "max"),
    ],
)  # fmt: skip
def test_no_wider_than_asked_for(version: Any, info: dict[str, Any], size: str) -> None:
    assert no_wider(ImageService(id=HOME, version=version), info, 2500) == f"{HOME}/full/{size}/0/default.jpg"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "width": st.integers() | st.text(max_size=5) | st.booleans(),
            "maxWidth": st.integers() | st.none(),
            "profile": st.sampled_from(["level0", "level2", 7, None]) | st.lists(st.text(max_size=9), max_size=2),
            "sizes": st.lists(st.dictionaries(st.sampled_from(["width", "height"]), st.integers()), max_size=4),
            "@context": st.sampled_from([IMAGE_2, IMAGE_3, 7]),
        },
    )
)
def test_whatever_a_server_says_an_address_of_that_server_comes_of_it(info: dict[str, Any]) -> None:
    address = no_wider(ImageService(id=HOME), info, 2500)
    assert address.startswith(f"{HOME}/full/")
    assert address.endswith((".jpg",))
    assert address.count("/") == HOME.count("/") + 4
    assert version_of(info) in (1, 2, 3, None)
