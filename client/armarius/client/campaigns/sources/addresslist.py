"""A text file with one address of an image on each line."""

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from armarius.client.campaigns.asked import PageAsked
from armarius.client.campaigns.errors import BadSource, FetchFailed
from armarius.client.campaigns.sources.listing import Listing, numbered
from armarius.client.campaigns.sources.names import safe_name
from armarius.client.campaigns.web.addresses import checked
from armarius.client.errors import shown

MOST_BYTES = 50_000_000


def list_addresses(file: Path) -> Listing:
    """Lists what a file names: one address a line; empty lines, and those that begin with "#", say nothing.

    An address that stands there twice is one page. One that cannot be asked is a page that is left out.

    Raises:
        BadSource: The file cannot be read, or names nothing.
    """
    lines = [line.strip() for line in _text(file).splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    addresses = list(dict.fromkeys(named))
    twice = len(named) - len(addresses)
    notes = (f"{twice} of its lines name what another line names, too",) if twice else ()
    pages = numbered((_page(address) for address in addresses), shown(file))
    return Listing(safe_name(shown(Path(file.stem))), pages, notes)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadSource(f"{shown(file)} is too large for a list of addresses.")
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadSource(f"{shown(file)} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        hint = "Give a folder of images, a text file with an address on each line, or a IIIF manifest."
        raise BadSource(f"{shown(file)} is no text.", hint) from error


def _page(address: str) -> PageAsked:
    label = address[:300]
    try:
        return PageAsked(number=1, name=name_in(checked(address)), label=label, address=address)
    except FetchFailed as error:
        return PageAsked(number=1, name=safe_name(address[:60]), label=label, trouble=error.message)


def name_in(address: str) -> str:
    """Makes a name of an address: of its last part, or of the image's identifier in one of IIIF's Image API."""
    parts = [unquote(part) for part in urlsplit(address).path.split("/") if part]
    last = PurePosixPath(parts[-1]).stem if parts else ""
    if last in ("default", "native", "color", "gray", "bitonal") and len(parts) >= 5:
        last = parts[-5]  # identifier/region/size/rotation/quality.format
    return safe_name(last)
