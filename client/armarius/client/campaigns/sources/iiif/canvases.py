"""From a manifest's canvases to pages."""

from collections.abc import Iterator
from typing import Any

from armarius.client.campaigns.asked import ImageService, PageAsked
from armarius.client.campaigns.errors import FetchFailed
from armarius.client.campaigns.sources.iiif.services import service_of
from armarius.client.campaigns.sources.iiif.tree import first, id_of, label_of, objects, type_of
from armarius.client.campaigns.sources.names import joined, safe_name
from armarius.client.campaigns.web.addresses import checked

NO_IMAGE = "The manifest names no image for it."


def pages_of(manifest: dict[str, Any], before: str = "") -> Iterator[PageAsked]:
    """Yields a page for each canvas, in the order of the manifest's first sequence.

    A canvas without an image, or whose address is refused, is a page with its trouble.

    Args:
        manifest: Of the Presentation API 2 or 3.
        before: What to put before each label.
    """
    for place, canvas in enumerate(canvases_of(manifest), 1):
        label = label_of(canvas.get("label")) or str(place)
        yield _page(joined([before, label]), first_image(canvas))


def canvases_of(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the canvases, in either version's words."""
    if "sequences" in manifest:
        return objects(first(manifest["sequences"]).get("canvases", []))
    return (each for each in objects(manifest.get("items", [])) if type_of(each) in ("Canvas", ""))


def first_image(canvas: dict[str, Any]) -> dict[str, Any]:
    """Returns the first image that is painted on a canvas; an empty object where there is none.

    Several may be painted, such as parts of a sheet; only the first counts. Of a choice, the default is taken.
    """
    annotations = list(objects(canvas.get("images", [])))
    for page in objects(canvas.get("items", [])):
        annotations += objects(page.get("items", []))
    for annotation in annotations:
        painted = _chosen(annotation.get("resource") or annotation.get("body"))
        if type_of(painted) in ("Image", ""):
            return painted
    return {}


def _chosen(painted: Any) -> dict[str, Any]:
    """Takes one of a choice: version 2 has a default, in version 3 the first item is it."""
    resource = first(painted)
    if type_of(resource) == "Choice":
        return first(resource.get("default") or resource.get("item") or resource.get("items"))
    return resource


def _page(label: str, image: dict[str, Any]) -> PageAsked:
    service = service_of(image)
    address = id_of(image) or None
    trouble = "" if service or address else NO_IMAGE
    try:
        _check(address, service)
    except FetchFailed as error:
        address, service, trouble = None, None, error.message
    return PageAsked(number=1, name=safe_name(label), label=label, address=address, service=service, trouble=trouble)


def _check(address: str | None, service: ImageService | None) -> None:
    for each in (address, service.id if service else None):
        if each is not None:
            checked(each)
