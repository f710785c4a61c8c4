import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armarius.client.campaigns.asked import MOST_ASKED, ImageService
from armarius.client.campaigns.errors import BadSource, FetchFailed
from armarius.client.campaigns.sources.iiif.canvases import NO_IMAGE, pages_of
from armarius.client.campaigns.sources.iiif.manifests import MOST_MANIFESTS, list_manifest
from armarius.client.campaigns.sources.iiif.tree import label_of, read_tree
from armarius.client.campaigns.sources.listing import Listing
from support.manifests import canvas_2, canvas_3, manifest_2, manifest_3

HOME = "https://iiif.example.org"


def listed(tree: Any, **more: Any) -> Listing:
    said = {f"{HOME}/manifest": tree, **more}

    def get(address: str) -> bytes:
        if address not in said:
            raise FetchFailed(address, "was answered with 404.")
        return json.dumps(said[address]).encode()

    return list_manifest(f"{HOME}/manifest", get, 1_000_000)


def test_version_2() -> None:
    choice = canvas_2("f. 2r", None)
    choice["images"][0]["resource"] = {
        "@type": "oa:Choice",
        "default": {"@type": "dctypes:Image", "@id": f"{HOME}/colour.jpg"},
        "item": [{"@type": "dctypes:Image", "@id": f"{HOME}/infrared.jpg"}],
    }
    listing = listed(
        manifest_2(
            canvas_2("f. 1r", f"{HOME}/2/f1r"),
            canvas_2([{"@value": "f. 1v", "@language": "en"}], None, f"{HOME}/f1v.jpg"),
            choice,
            canvas_2({"@value": "../../etc"}, None),
        )
    )
    assert listing.name == "A-book"
    assert [page.name for page in listing.pages] == ["f.-1r", "f.-1v", "f.-2r", "etc"]
    assert listing.pages[0].service == ImageService(id=f"{HOME}/2/f1r", version=2, level=2)
    assert [page.address for page in listing.pages[1:]] == [f"{HOME}/f1v.jpg", f"{HOME}/colour.jpg", None]
    assert listing.pages[3].trouble == NO_IMAGE


def test_version_3() -> None:
    film = canvas_3({"en": ["A film"]}, None, f"{HOME}/film.mp4")
    film["items"][0]["items"][0]["body"]["type"] = "Video"
    choice = canvas_3({"none": ["2"]}, None)
    image = {"type": "Image", "id": f"{HOME}/a.jpg"}
    choice["items"][0]["items"][0]["body"] = {"type": "Choice", "items": [image, {"type": "Image", "id": "b"}]}
    listing = listed(manifest_3(canvas_3({"fr": ["fol. 1"], "en": ["leaf 1"]}, f"{HOME}/3/f1"), choice, film))
    assert [page.name for page in listing.pages] == ["fol.-1", "2", "A-film"]
    assert listing.pages[0].service == ImageService(id=f"{HOME}/3/f1", version=3, level=1)
    assert listing.pages[1].address == f"{HOME}/a.jpg"
    assert listing.pages[2].trouble == NO_IMAGE


def test_a_file_can_be_a_manifest(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text("\ufeff" + json.dumps(manifest_3(canvas_3("1", f"{HOME}/3/f1"))), encoding="utf-8")
    assert len(list_manifest(str(file), lambda _: b"", 100_000).pages) == 1
    with pytest.raises(BadSource, match="has more than"):
        list_manifest(str(file), lambda _: b"", 100)


def test_a_collection_is_taken_one_level_deep() -> None:
    collection = {
        "type": "Collection",
        "label": {"en": ["Letters"]},
        "items": [
            {"type": "Manifest", "id": f"{HOME}/m1", "label": {"en": ["1915"]}},
            {"type": "Manifest", "id": "gone"},
            {"type": "Collection", "id": f"{HOME}/more"},
            {"type": "Manifest", "id": "file:///etc/passwd"},
            {"type": "Manifest", "id": "http://["},
            {"type": "Manifest", "id": f"{HOME}/m2"},
        ],
    }
    listing = listed(
        collection,
        **{
            f"{HOME}/m1": manifest_3(canvas_3("p1", f"{HOME}/3/a"), label={"en": ["Year 1915"]}),
            f"{HOME}/m2": manifest_2(canvas_2("p1", f"{HOME}/2/b"), label="1916"),
        },
    )
    assert [page.name for page in listing.pages] == ["1-Year-1915-p1", "5-1916-p1"]
    assert len(listing.notes) == 4
    assert "1 collections" in " ".join(listing.notes)


def test_a_collection_of_version_2_too() -> None:
    collection = {"@type": "sc:Collection", "label": "L", "manifests": [{"@id": f"{HOME}/m1"}]}
    listing = listed(collection, **{f"{HOME}/m1": manifest_2(canvas_2("p", f"{HOME}/2/b"))})
    assert len(listing.pages) == 1


def test_too_much_is_refused() -> None:
    many = [{"type": "Manifest", "id": f"{HOME}/{number}"} for number in range(MOST_MANIFESTS + 1)]
    with pytest.raises(BadSource, match="more than 200 manifests"):
        listed({"type": "Collection", "items": many})
    canvas = {"type": "Canvas"}
    with pytest.raises(BadSource, match=f"more than {MOST_ASKED} pages"):
        listed(manifest_3(*[canvas] * (MOST_ASKED + 1)))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>", "is no JSON"),
        (b"", "is no JSON"),
        (b"[" * 100_000, "is no JSON: recursion limit"),
        (b'{"a":' * 100_000, "is no JSON: recursion limit"),
        (b"1" * 100_000, "is no JSON"),
        (b'{"label": "\\ud800"}', "is no JSON"),
        (b"[]", "is JSON, but no manifest"),
        (b"{}", "no IIIF manifest"),
        (b'{"type": "Annotation"}', "no IIIF manifest"),
        (b'{"type": "Manifest"}', "holds no page that has an image"),
        (b'{"type": "Manifest", "items": 7}', "holds no page that has an image"),
        (b'{"type": "Collection"}', "holds no page that has an image"),
        (b'{"sequences": {"canvases": {"images": [[], 7, {"resource": []}]}}}', "holds no page that has an image"),
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadSource, match=why):
        list_manifest(f"{HOME}/manifest", lambda _: content, 1_000_000)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/a.jpg", "http://me:secret@example.org/", "data:,a", "/p1.jpg"]
)
def test_images_that_are_not_on_the_web_are_left_out(address: str) -> None:
    good = canvas_3("good", f"{HOME}/3/a")
    for bad in (canvas_3("bad", None, address), canvas_3("bad", address), canvas_2("bad", address)):
        (page,) = pages_of(manifest_3(bad) if "items" in bad else manifest_2(bad))
        assert (page.address, page.service) == (None, None)
        assert page.trouble
    assert len(listed(manifest_3(good, canvas_3("bad", None, address))).pages) == 2


def test_labels() -> None:
    assert label_of({"en": ["a"], "fr": ["b"]}) == "a"
    assert label_of([{"@value": "a"}, "b"]) == "a"
    assert label_of({"none": []}) == ""
    assert label_of(7) == "7"
    assert label_of(None) == label_of(True) == ""
    assert label_of("x" * 1000) == "x" * 300
    deep: Any = "x"
    for _ in range(100):
        deep = [deep]
    assert label_of(deep) == ""


KEYS = (
    "type", "@type", "id", "@id", "label", "items", "sequences", "canvases", "images", "resource", "body", "service",
    "profile", "default", "item", "manifests", "members", "collections", "@value",
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=40,
)


@settings(deadline=None)
@given(JSON, st.sampled_from(["Manifest", "Collection", "sc:Manifest"]))
def test_whatever_a_manifest_holds_it_is_read_or_refused(tree: Any, kind: str) -> None:
    whole = {"type": kind, **(tree if isinstance(tree, dict) else {"items": tree})}
    try:
        listing = listed(whole)
    except BadSource:
        return
    assert [page.number for page in listing.pages] == list(range(1, len(listing.pages) + 1))
    for page in listing.pages:
        assert page.trouble or page.address or page.service
        assert "/" not in page.name


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    try:
        read_tree(content, "it")
    except BadSource as error:
        assert error.message.startswith("it is")
