"""Manifests, and collections of them, one level deep."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from armarius.client.campaigns.asked import PageAsked
from armarius.client.campaigns.errors import AddressRefused, BadSource, FetchFailed, printable
from armarius.client.campaigns.sources.iiif.canvases import pages_of
from armarius.client.campaigns.sources.iiif.tree import id_of, label_of, objects, read_tree, type_of
from armarius.client.campaigns.sources.listing import Listing, numbered
from armarius.client.campaigns.sources.names import joined, safe_name
from armarius.client.campaigns.web.addresses import checked
from armarius.client.errors import shown

MOST_MANIFESTS = 200
"""Manifests of one collection."""

Get = Callable[[str], bytes]
"""Fetches a manifest by its address; raises FetchFailed."""


def list_manifest(source: str, get: Get, most_bytes: int) -> Listing:
    """Lists the pages of a manifest, or of all manifests of a collection.

    Args:
        source: An address, or a file.
        get: Fetches a manifest.
        most_bytes: What a file may have.

    Raises:
        BadSource: It is no manifest, has no pages, or is too much of something.
        FetchFailed: It could not be fetched.
    """
    is_address = source.startswith(("http://", "https://"))
    tree = read_tree(get(source) if is_address else _content(Path(source), most_bytes), printable(source))
    label = label_of(tree.get("label"))
    if type_of(tree) == "Collection":
        notes: list[str] = []
        pages = numbered(_of_collection(tree, source, get, notes), printable(source))
        return Listing(safe_name(label), pages, tuple(notes))
    if type_of(tree) != "Manifest" and "sequences" not in tree:
        raise BadSource(f"{printable(source)} is JSON, but no IIIF manifest.", "Its type should be Manifest.")
    return Listing(safe_name(label), numbered(pages_of(tree), printable(source)))


def _content(file: Path, most: int) -> bytes:
    try:
        if file.stat().st_size > most:
            raise BadSource(f"{shown(file)} has more than {most / 1e6:.0f} MB.", "Is this a manifest?")
        return file.read_bytes()
    except OSError as error:
        raise BadSource(f"{shown(file)} cannot be read: {error.strerror}.") from error


def _of_collection(collection: dict[str, Any], source: str, get: Get, notes: list[str]) -> Iterator[PageAsked]:
    """Yields the pages of a collection's manifests; collections within it are only noted, and so is what fails."""
    members = list(_members(collection))
    manifests = [each for each in members if type_of(each) == "Manifest"]
    if len(manifests) > MOST_MANIFESTS:
        hint = "Begin a campaign for each part of it."
        raise BadSource(f"{printable(source)} names more than {MOST_MANIFESTS} manifests.", hint)
    if further := sum(type_of(each) == "Collection" for each in members):
        notes.append(f"{further} collections within it were left out: begin campaigns for them")
    for place, member in enumerate(manifests, 1):
        try:
            address = _joined(source, id_of(member))
            tree = read_tree(get(checked(address)), printable(address))
        except (FetchFailed, BadSource) as error:
            notes.append(f"a manifest was left out: {error.message}")
            continue
        label = label_of(tree.get("label")) or label_of(member.get("label"))
        yield from pages_of(tree, joined([str(place), label[:60]]))


def _joined(source: str, member: str) -> str:
    """Returns the address of a member of a collection that is on the web, or in a file."""
    try:
        return urljoin(source, member) if source.startswith("http") else member
    except ValueError as error:
        raise AddressRefused(member, "is no address.") from error


def _members(collection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields what a collection names, in the words of either version."""
    return chain.from_iterable(
        (_typed(each, kind) for each in objects(collection.get(words, [])))
        for words, kind in (("items", ""), ("manifests", "Manifest"), ("members", ""), ("collections", "Collection"))
    )


def _typed(member: dict[str, Any], kind: str) -> dict[str, Any]:
    return member if type_of(member) or not kind else {**member, "type": kind}
