"""How much of its limit a site uses: noted by who counts it, told to who asks."""

from contextlib import suppress

from pydantic import ValidationError

from armarius.functions.contracts import Cache
from armarius.functions.files import write_bytes
from armarius.functions.site import Site

NOTE = "cache.json"


def note_size(site: Site, size: int) -> None:
    """Notes how many bytes are kept; to count them anew may take a minute."""
    with suppress(OSError):  # a full disk: the next one notes it
        write_bytes(site.root / NOTE, Cache(bytes=size, limit=site.cache).canonical_json())


def cache_of(site: Site) -> Cache | None:
    """Returns what is kept of what can be sent again, as it was last counted; None where there is no limit."""
    if site.cache is None:
        return None
    size = 0
    with suppress(FileNotFoundError, ValidationError):
        size = Cache.model_validate_json((site.root / NOTE).read_bytes()).bytes
    return Cache(bytes=size, limit=site.cache)
