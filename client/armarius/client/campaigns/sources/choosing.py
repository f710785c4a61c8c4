"""Which kind of source was given."""

from pathlib import Path

from armarius.client.campaigns.errors import BadSource
from armarius.client.campaigns.sources.addresslist import list_addresses
from armarius.client.campaigns.sources.folder import list_folder
from armarius.client.campaigns.sources.iiif.manifests import Get, list_manifest
from armarius.client.campaigns.sources.listing import Listing


def read_source(source: str, get: Get, most_manifest: int, without: Path | None = None) -> Listing:
    """Lists the pages of a folder, a IIIF manifest (an address, or a file of JSON), or a text file of addresses.

    Args:
        source: As a person gave it.
        get: Fetches a manifest.
        most_manifest: Bytes of one.
        without: A folder that is not looked into.

    Raises:
        BadSource: It is none of these, or holds no page.
        FetchFailed: A manifest could not be fetched.
    """
    if source.startswith(("http://", "https://")):
        return list_manifest(source, get, most_manifest)
    path = Path(source)
    if path.is_dir():
        return list_folder(path, without)
    if not path.exists():
        raise BadSource(f"{source} does not exist.", "Give a folder, a file of addresses, or a IIIF manifest.")
    return list_manifest(source, get, most_manifest) if _is_json(path) else list_addresses(path)


def _is_json(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    except OSError as error:
        raise BadSource(f"{file} cannot be read: {error.strerror}.") from error
