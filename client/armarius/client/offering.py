"""Where a driver offers its figures, if somebody wants them: the package that counts is imported only then."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from armarius.client.errors import ConfigurationError
from armarius.client.pool import Pool

METRICS_VARIABLE = "ARMARIUS_METRICS"
HERE = "127.0.0.1"
"""Where nobody says otherwise: whoever reads the figures from another machine must be let in on purpose."""


@contextmanager
def offered(pool: Pool, address: str | None = None) -> Iterator[int | None]:
    """Offers the figures of a pool until the end of the block, if an address is given or ARMARIUS_METRICS names one.

    Args:
        pool: Which must not drive yet.
        address: ``PORT`` or ``HOST:PORT``.

    Yields:
        The port; None where nothing is offered.

    Raises:
        ConfigurationError: The address cannot be used, or what counts is not installed.
    """
    address = address or os.environ.get(METRICS_VARIABLE)
    if not address:
        yield None
        return
    host, port = host_and_port(address)
    try:
        from armarius.client.metrics.exposing import exposed
    except ModuleNotFoundError as error:
        if error.name != "prometheus_client":
            raise
        raise ConfigurationError("Nothing is installed that counts.", "pip install 'armarius[metrics]'") from error
    with exposed(pool, host, port) as where:
        yield where


def host_and_port(address: str) -> tuple[str, int]:
    """Reads an address, such as "9464", "0.0.0.0:9464" or "[::1]:9464".

    Raises:
        ConfigurationError: It is none.
    """
    host, _, port = address.rpartition(":")
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ConfigurationError(f"{address!r} is no address for the metrics.", "Give PORT or HOST:PORT.")
    return host.strip("[]") or HERE, int(port)
