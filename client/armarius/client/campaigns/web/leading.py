"""Where an answer leads."""

from urllib.parse import urljoin

import requests
from requests.utils import requote_uri

from armarius.client.campaigns.web.addresses import checked


def leads_to(address: str, answer: requests.Response) -> str | None:
    """Returns where an answer sends us; None if it is an answer.

    Servers write addresses in UTF-8 or, seldom, in Latin-1, whatever the standard says.

    Args:
        address: What was asked for.
        answer: Its body is not looked at.

    Raises:
        AddressRefused: It leads to what is never asked for.
        ValueError: It leads to what is no address.
    """
    if not answer.is_redirect:
        return None
    raw = answer.headers["Location"].encode("latin-1")
    try:
        location = raw.decode()
    except UnicodeDecodeError:
        location = raw.decode("latin-1")
    return checked(requote_uri(urljoin(address, location)))
