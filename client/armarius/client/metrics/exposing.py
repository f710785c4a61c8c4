"""Offering the figures at an address, while a driver drives."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from prometheus_client import CollectorRegistry, start_http_server

from armarius.client.errors import ConfigurationError
from armarius.client.jobs.desk import Desk
from armarius.client.metrics.collector import JournalCollector
from armarius.client.metrics.counting import Counting
from armarius.client.metrics.instruments import Instruments
from armarius.client.metrics.sites import CountedSites, counted_person
from armarius.client.pool import Pool


@contextmanager
def exposed(pool: Pool, host: str, port: int) -> Iterator[int]:
    """Counts what a pool does from now on, and offers the figures until the end of the block.

    Args:
        pool: Which must not drive yet.
        host: The address to listen on.
        port: Where; 0 for any that is free.

    Yields:
        The port.

    Raises:
        ConfigurationError: Nobody can listen there.
    """
    registry = CollectorRegistry()
    instruments = Instruments(registry)
    registry.register(JournalCollector(pool.desk.journal, pool.desk.clock.now))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ConfigurationError(
            f"The metrics cannot be offered at {host}:{port}: {error}.", "Is the port in use? Choose another."
        ) from error
    try:
        pool.through(lambda desk: _counted(desk, instruments))
        pool.driver.around = lambda _job: instruments.advanced.time()
        pool.desk.journal.witnesses.add(Counting(instruments))
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _counted(desk: Desk, instruments: Instruments) -> Desk:
    if desk.people is not None:
        desk.people.through(lambda link: counted_person(link, instruments))
    return replace(desk, sites=CountedSites(desk.sites, instruments))
