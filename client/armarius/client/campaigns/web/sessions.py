"""Connections that reach no machine inside of a network, whatever an address, a redirect or a name server says."""

import os
import threading
from ipaddress import IPv6Address, ip_address
from typing import Any

import requests
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from armarius.client.campaigns.web.lines import Note, NotingAdapter
from armarius.client.campaigns.web.manners import Manners


class Sessions:
    """A session of its own for each thread.

    The name of a machine becomes a number once, that number is judged, and the connection goes to that very number:
    so a name server that answers twice differently gains nothing. No redirect is followed here. Nobody is
    told who we are but by the User-Agent: no password of ``~/.netrc`` is sent, no cookie is kept between requests.

    Args:
        manners: How we behave.
        note: Told of each line on which an answer is awaited.
    """

    def __init__(self, manners: Manners, note: Note) -> None:
        self._manners, self._note = manners, note
        self._own = threading.local()
        self._all: list[requests.Session] = []

    def get(self) -> requests.Session:
        """Returns this thread's."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = self._made()
            self._all.append(session)
        session.cookies.clear()
        return session

    def close(self) -> None:
        """Closes all connections."""
        for session in self._all:
            session.close()

    def _made(self) -> requests.Session:
        manners = self._manners
        session: requests.Session = _Unled(
            Config(
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=False,
                never_redirect=False,
                default_timeout=(manners.connect, manners.silence),
                user_agent_override=manners.agent,
            )
        )
        session.trust_env = False  # else ~/.netrc would be read; proxies are given with each request
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        for scheme in ("http", "https"):
            session.mount(f"{scheme}://", _PublicOnly(self._note, is_https_proto=scheme == "https"))
        for host in manners.allowed:
            for scheme in ("http", "https"):
                session.mount(f"{scheme}://{host}/", NotingAdapter(self._note))
        return session


class _Unled(HTTPSession):  # type: ignore[misc]  # it has no types
    """Does not even look where an answer leads: requests reads all of its body then, also where it shall not follow."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Finds nothing; see the base class."""


class _PublicOnly(NotingAdapter, IPFilterAdapter):  # type: ignore[misc]  # it has no types
    """Reaches machines of the public network alone; the library knows most of what is not, but not all."""

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        """Judges the number that a machine's name has become; see the base class."""
        machine, how = super().build_connection_pool_key_attributes(*args, **kwargs)
        require_public(machine["host"])
        return machine, how


def require_public(number: str) -> None:
    """Makes sure that a machine is on the public network.

    Args:
        number: Its IP address, one of version 6 in brackets.

    Raises:
        InvalidIPAddress: It is not.
    """
    address = ip_address(number.strip("[]"))
    is_local = isinstance(address, IPv6Address) and address.is_site_local
    if not address.is_global or address.is_reserved or is_local:
        raise InvalidIPAddress(address)
