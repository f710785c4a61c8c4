"""What went wrong with an address, in words for people."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from requests_hardened.ip_filter import InvalidIPAddress

from armarius.client.campaigns.errors import AddressRefused, FetchFailed


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Says what went wrong in our words, and whether it may pass.

    Args:
        address: What was asked for.

    Raises:
        FetchFailed: Whatever went wrong, but for what the disk says.
    """
    try:
        yield
    except InvalidIPAddress as error:
        what = (
            f"is not fetched: it leads to {error}, inside of a network. Allow its machine (--allow) if that is meant."
        )
        raise AddressRefused(address, what) from error
    except (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL) as error:
        raise AddressRefused(address, "leads to what is no address of the web.") from error
    except requests.exceptions.SSLError as error:
        raise FetchFailed(address, "has no certificate that can be trusted.") from error
    except requests.exceptions.Timeout as error:
        raise FetchFailed(address, "did not answer in time.", True) from error
    except requests.RequestException as error:
        raise FetchFailed(address, f"could not be fetched ({type(error).__name__}).", True) from error
    except (ValueError, OverflowError) as error:  # what no library expects a server to say
        raise FetchFailed(address, f"was answered with what cannot be understood ({type(error).__name__}).") from error
