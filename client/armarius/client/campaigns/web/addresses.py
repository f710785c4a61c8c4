"""Which addresses are asked at all."""

from urllib.parse import urlsplit

from armarius.client.campaigns.errors import AddressRefused

LONGEST = 4000


def checked(address: str) -> str:
    """Returns an address that may be asked; whether its machine may be, is seen when its name has become a number.

    Raises:
        AddressRefused: It is no http, is none at all, or would say who somebody is.
    """
    if len(address) > LONGEST or not address.isprintable() or " " in address or "\\" in address:
        raise AddressRefused(address, "is no address.")
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused(address, "is no address.") from error
    if parts.scheme not in ("http", "https"):
        raise AddressRefused(address, "is not fetched: only http and https are.")
    if not host:
        raise AddressRefused(address, "names no machine.")
    if "@" in parts.netloc:
        raise AddressRefused(address, "is not fetched: it holds a name or a password.")
    return address


def host_of(address: str) -> str:
    """Returns the machine with its port, which politeness counts by."""
    parts = urlsplit(address)
    return f"{(parts.hostname or '').rstrip('.')}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
