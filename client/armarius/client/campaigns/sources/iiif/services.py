"""IIIF's Image API: which address shows the whole image, or one that is not too wide."""

import re
from collections.abc import Iterator
from typing import Any, Literal, cast

from armarius.client.campaigns.asked import ImageService
from armarius.client.campaigns.sources.iiif.tree import id_of, objects, type_of

Version = Literal[1, 2, 3]

_LEVEL = re.compile(r"level([012])")
_VERSION = re.compile(r"/image(?:-api)?/([123])(?:[./]|\b)")
_OLD = "library.stanford.edu/iiif/image-api"


def service_of(image: dict[str, Any]) -> ImageService | None:
    """Returns the image service that an image names, if there is one; others, such as those for signing in, are not."""
    for service in objects(image.get("service", [])):
        address = id_of(service).rstrip("/").removesuffix("/info.json")
        if address and _is_of_images(service):
            return ImageService(id=address, version=version_of(service), level=level_of(service))
    return None


def _is_of_images(service: dict[str, Any]) -> bool:
    kind = type_of(service)
    return kind.startswith("ImageService") or (not kind and (bool(_said(service)) or "profile" not in service))


def _said(service: dict[str, Any]) -> str:
    """Returns what a service says of the API, wherever it says it, if that is the Image API."""
    words = [*_texts(service.get("@context")), *_texts(service.get("profile")), *_texts(service.get("protocol"))]
    return " ".join(word for word in words if "image" in word or _LEVEL.fullmatch(word))


def _texts(value: Any) -> Iterator[str]:
    yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def version_of(service: dict[str, Any]) -> Version | None:
    """Returns the version of the API that a service or its ``info.json`` speaks; None where it does not say."""
    if (kind := type_of(service)).startswith("ImageService") and kind[-1:] in ("1", "2", "3"):
        return cast(Version, int(kind[-1]))
    said = _said(service)
    if found := _VERSION.search(said):
        return cast(Version, int(found[1]))
    return 1 if _OLD in said else None


def level_of(service: dict[str, Any]) -> int | None:
    """Returns the level of compliance, from 0 to 2; None where it does not say."""
    found = _LEVEL.search(" ".join(_texts(service.get("profile"))))
    return int(found[1]) if found else None


def whole(service: ImageService, info: dict[str, Any] | None = None) -> str:
    """Returns the address of the whole image, or of the largest that its server gives.

    Args:
        service: The image.
        info: Its ``info.json``, where that was asked for.
    """
    version = service.version or 2
    limited = info is not None and bool(_limits(info))
    size = "max" if version == 3 or (version == 2 and limited) else "full"
    return _address(service.id, version, size)


def no_wider(service: ImageService, info: dict[str, Any], most: int) -> str:
    """Returns the address of the image, not wider than asked for if its server can do that.

    A server of level 0 only has the sizes that it lists: the widest of those that are not too wide is taken, or the
    whole image if there is none.

    Args:
        service: The image.
        info: Its ``info.json``.
        most: Pixels.
    """
    version = service.version or version_of(info) or 2
    known = service.model_copy(update={"version": version})
    width = _pixels(info.get("width"))
    if width is not None and width <= most:
        return whole(known, info)
    level = level_of(info)
    if (level if level is not None else service.level) != 0:
        return _address(service.id, version, f"{min([most, *_limits(info)])},")
    sizes = [(wide, high) for wide, high in _sizes(info) if wide <= most]
    if not sizes:
        return whole(known, info)
    wide, high = max(sizes)
    return _address(service.id, version, f"{wide},{high}" if version == 3 else f"{wide},")


def _address(service: str, version: Version, size: str) -> str:
    return f"{service}/full/{size}/0/{'native' if version == 1 else 'default'}.jpg"


def _sizes(info: dict[str, Any]) -> Iterator[tuple[int, int]]:
    for each in objects(info.get("sizes", [])):
        wide, high = _pixels(each.get("width")), _pixels(each.get("height"))
        if wide is not None and high is not None:
            yield wide, high


def _limits(info: dict[str, Any]) -> list[int]:
    """Returns how wide the server's images are at most, if it says so: in version 3 at the top, in 2 in the profile."""
    said = [info, *objects(info.get("profile", []))]
    return [limit for each in said if (limit := _pixels(each.get("maxWidth"))) is not None]


def _pixels(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000 else None
