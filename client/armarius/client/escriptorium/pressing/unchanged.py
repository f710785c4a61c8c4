"""Whether a page still shows the image that was sent: what was found on another would lie in the wrong place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from armarius.client.errors import BadImage
from armarius.client.escriptorium.host.shelf import media_root
from armarius.client.pageresults import ResultPage
from armarius.functions.files import sha256_of
from armarius.functions.images import FORMATS


@dataclass(frozen=True)
class Sent:
    """The image of a page as it was sent.

    Attributes:
        path: Where it still is, if nobody took it away.
        sha256: Its digest.
    """

    path: Path
    sha256: str

    @classmethod
    def of(cls, page: ResultPage) -> "Sent":
        """Returns that of a page that came home."""
        return cls(page.image, page.sha256)


def check_unchanged(part: Any, sent: Sent) -> None:
    """Makes sure that nobody rotated or cropped a page, or gave it another image, while it was away.

    eScriptorium compresses images some time after their upload, in their place: other bytes that show the same are
    no change.

    Args:
        part: The page, locked.
        sent: What was sent of it.

    Raises:
        BadImage: It shows something else now, or nothing.
    """
    here = media_root() / part.image.name
    try:
        same = sha256_of(here) == sent.sha256 or _shows_the_same(sent.path, here)
    except FileNotFoundError:
        same = False
    if not same:
        what = "was done, but its image was changed meanwhile. Press the button again."
        raise BadImage(Path(part.image.name), what)


def _shows_the_same(sent: Path, here: Path) -> bool:
    try:
        with Image.open(sent, formats=FORMATS) as one, Image.open(here, formats=FORMATS) as other:
            if one.size != other.size:
                return False
            return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None
    except FileNotFoundError:
        raise
    except Exception:  # the decoders raise almost anything at damaged files
        return False
