"""Connections that reach no machine inside of a network, whatever an address, a redirect or a name server says."""

import os
import threading

import requests
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession

from armarius.client.campaigns.web.manners import Manners


class Sessions:
    """A session of its own for each thread.

    The name of a machine becomes a number once, that number is judged, and the connection goes to that very number:
    so a name server that answers twice differently gains nothing. Each step of a redirect is judged alike. Nobody is
    told who we are but by the User-Agent: no password of ``~/.netrc`` is sent, no cookie is kept between requests.

    Args:
        manners: How we behave.
    """

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
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
        session: requests.Session = HTTPSession(
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
        session.max_redirects = manners.redirects
        for host in manners.allowed:
            for scheme in ("http", "https"):
                session.mount(f"{scheme}://{host}/", HTTPAdapter())
        return session
