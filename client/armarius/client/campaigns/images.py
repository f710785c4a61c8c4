"""A page's image, brought to this machine: from a disk, from an address, or from a service of the Image API."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from armarius.client.campaigns.asked import Asked, ImageService, PageAsked
from armarius.client.campaigns.errors import BadSource, FetchFailed, NotAnImage
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.campaigns.sources.iiif.services import no_wider, version_of, whole
from armarius.client.campaigns.sources.iiif.tree import read_tree
from armarius.client.campaigns.sources.names import stem_of
from armarius.client.campaigns.web.shelf import Kept, Shelf
from armarius.client.errors import BadImage
from armarius.client.pages.bare import MOST_PIXELS
from armarius.client.pages.images import read_image
from armarius.functions.files import replacing, sha256_of

SUFFIXES = {
    "JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "JPEG2000": ".jp2", "BMP": ".bmp",
    "GIF": ".gif", "PPM": ".ppm",
}  # fmt: skip

PASSING = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENOTCONN, errno.EMFILE, errno.ENFILE}
"""What a file system says that is away, or busy."""

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Brought:
    """An image on this machine.

    Attributes:
        file: Where it is.
        sha256: Its digest.
        size: Its bytes.
    """

    file: Path
    sha256: str
    size: int


class Images(Protocol):
    """Brings images, for several threads at once."""

    def bring(self, page: PageAsked) -> Brought:
        """Brings the image of a page.

        Raises:
            FetchFailed: It cannot be had; ``transient`` says whether it may later.
            OSError: There is no room for it, or its file cannot be read.
        """


class ImagesBrought:
    """Brings images of files by looking at them, and of addresses by way of the shelf.

    Args:
        place: Where fetched ones go, under the names of their pages.
        asked: The campaign.
        shelf: Where they are kept by their content.
    """

    def __init__(self, place: CampaignPlace, asked: Asked, shelf: Shelf) -> None:
        self._place, self._asked, self._shelf = place, asked, shelf

    def bring(self, page: PageAsked) -> Brought:
        """Brings the image of a page; see :class:`Images`."""
        if page.file is not None:
            return _looked_at(page.file)
        kept = self._fetched(page)
        stem = stem_of(page.number, page.name, len(self._asked.pages))
        file = self._place.folder / f"{stem}{SUFFIXES[kept.kind]}"
        try:
            _link(kept.path, file)
        except FileNotFoundError as error:  # the shelf was full, and another campaign needed the room
            raise FetchFailed(str(page.address or page.name), "was fetched, but is gone again.", True) from error
        return Brought(file, kept.sha256, kept.size)

    def _fetched(self, page: PageAsked) -> Kept:
        """Fetches from the first address that answers; a server that only knows the other is asked for that."""
        addresses = list(dict.fromkeys(self._addresses(page)))
        for address in addresses[:-1]:
            try:
                return self._image(address)
            except FetchFailed as error:
                if error.transient:
                    raise
        return self._image(addresses[-1])

    def _addresses(self, page: PageAsked) -> Iterator[str]:
        if page.service is not None:
            yield self._of_service(page.service)
        if page.address is not None:
            yield page.address
        elif page.service is not None:
            yield whole(page.service)

    def _of_service(self, service: ImageService) -> str:
        """Returns the address of the image in the size that is wanted; asks the service where it must be known."""
        most = self._asked.manners.max_width
        if most is None and service.version is not None:
            return whole(service)
        try:
            address = f"{service.id}/info.json"
            kept = self._shelf.get(address, "manifest", self._asked.manners.most_manifest, lambda _: "json")
            info = read_tree(kept.path.read_bytes(), address)
        except (FetchFailed, BadSource) as error:
            if error.transient:
                raise
            return whole(service)
        known = service.model_copy(update={"version": service.version or version_of(info)})
        return whole(known, info) if most is None else no_wider(known, info, most)

    def _image(self, address: str) -> Kept:
        return self._shelf.get(address, "image", self._asked.manners.most_image, lambda file: kind_of(address, file))


def kind_of(address: str, file: Path) -> str:
    """Returns Pillow's name of the format of an image that was fetched, after decoding all of it.

    One at a time: each may need a gigabyte, however small its file is.

    Raises:
        NotAnImage: It is none, is damaged, or has too many pixels.
    """
    try:
        with _one_at_a_time:
            image = read_image(file, file).image
    except BadImage as error:
        raise NotAnImage(address, error.what) from error
    if image.width * image.height > MOST_PIXELS:
        what = f"has more than {MOST_PIXELS // 1_000_000} million pixels, which no site opens."
        raise NotAnImage(address, f"{what} Ask for narrower images.")
    return image.format


def _looked_at(file: Path) -> Brought:
    """Reads a file once, for its digest; whether it is an image, is seen when it is packed for a site."""
    try:
        return Brought(file, sha256_of(file), file.stat().st_size)
    except FileNotFoundError as error:
        raise FetchFailed(str(file), "is gone.", _is_away(file.parent)) from error
    except OSError as error:
        raise FetchFailed(str(file), f"cannot be read: {error.strerror}.", error.errno in PASSING) from error


def _is_away(folder: Path) -> bool:
    """Tells whether a disk may just not be there: its folder is gone too, or holds nothing any more."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return True


def _link(kept: Path, file: Path) -> None:
    """Gives an image its page's name, without a second copy where the file system can do that."""
    with replacing(file) as temporary:
        try:
            os.link(kept, temporary)
        except FileNotFoundError:
            raise
        except OSError:  # another file system, or one without links
            shutil.copyfile(kept, temporary)
