"""Can the pool be reached? Its journal, who drives it, and its sites."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from sqlalchemy import make_url

from armarius.client.config import GlobusSiteConfig
from armarius.client.escriptorium.check.verdict import Verdict
from armarius.client.escriptorium.options import pool_config
from armarius.client.escriptorium.record import Ledger, PressedRow
from armarius.client.jobs.desk import SiteLink
from armarius.client.pool import Pool
from armarius.functions.contracts import ArmariusError

OLDEST_KRAKEN = 7
"""Of a site; models come home in the format that eScriptorium's own kraken reads."""

NEWER = "Install armarius[kraken] into an environment of its own, and name its python: ARMARIUS_KRAKEN_PYTHON."


def journal() -> Iterator[Verdict]:
    """Tells where the journal is, and whether somebody drives what is written in it."""
    url = pool_config().journal
    ledger = Ledger(url)
    try:
        open_ones, pressed, clerk = len(ledger.open_ones()), ledger.pressed.open_ones(), ledger.clerk()
    finally:
        ledger.close()
    yield Verdict("journal", "ok", f"{make_url(url).render_as_string()}; open trainings: {open_ones}{_pages(pressed)}")
    if url.startswith("sqlite"):
        said = "it is a file: every worker must run on this machine"
        yield Verdict("journal", "note", said, "Else set ARMARIUS_JOURNAL to a PostgreSQL database.")
    if clerk.until < time.time():
        step = "Start the worker that takes trainings, or: armarius-escriptorium drive"
        yield Verdict("driver", "wrong", "nobody drives trainings", step)
    elif clerk.trouble:
        yield Verdict("driver", "note", f"it drives, but: {clerk.trouble}")
    else:
        yield Verdict("driver", "ok", "trainings are driven")


def _pages(pressed: Sequence[PressedRow]) -> str:
    pages = sum(len(row.parts_json) for row in pressed)
    return f", pages: {pages}" if pages else ""


def sites() -> Iterator[Verdict]:
    """Asks every site how it is."""
    config = pool_config()
    if any(isinstance(site, GlobusSiteConfig) for site in config.sites):
        yield from _own_collection()
    drained = _drained()
    with Pool(config) as pool:
        for link in pool.desk.sites.values():
            yield _asked(pool, link, drained)


def _drained() -> frozenset[str]:
    """Returns the sites that are drained by the page or a command; which are by their site files, these say."""
    ledger = Ledger(pool_config().journal)
    try:
        return ledger.drains.drained(time.time())
    finally:
        ledger.close()


def _asked(pool: Pool, link: SiteLink, drained: frozenset[str]) -> Verdict:
    name = f"site {link.config.name}"
    if link.config.drained or link.config.name in drained:
        return Verdict(name, "note", "it is drained: it takes no new trainings")
    if not isinstance(link.config, GlobusSiteConfig) and find_spec("parsl") is None:
        step = "pip install 'armarius[escriptorium,local]'"
        return Verdict(name, "wrong", "its runs are started from here, by Parsl, which is not installed", step)
    try:
        report = pool.desk.probe(link, [])
    except ArmariusError as error:
        return Verdict(name, "wrong", error.message, error.hint or "See: armarius sites")
    if not report.versions.kraken:
        return Verdict(name, "wrong", "it answers, but has no kraken", "On the site: armarius endpoint doctor")
    if int(report.versions.kraken.partition(".")[0]) < OLDEST_KRAKEN:
        said = f"it has kraken {report.versions.kraken}: sites train with {OLDEST_KRAKEN}, for eScriptoriums of any"
        return Verdict(name, "wrong", said, NEWER)
    step = f"Whether files come and go and a job starts: armarius site check {link.config.name}"
    return Verdict(name, "ok", f"{report.host}: kraken {report.versions.kraken}", step)


def _own_collection() -> Iterator[Verdict]:
    """Tells whether what leaves for the clusters can be laid where Globus Transfer fetches it."""
    own = pool_config().own
    if own is None:
        yield Verdict("collection", "wrong", "pool.toml names no collection of this machine", "See docs/pool.md.")
        return
    try:
        with tempfile.TemporaryFile(dir=own.path):
            yield Verdict("collection", "ok", f"{own.path} is {own.seen_as} of {own.collection}")
    except OSError as error:
        step = f"Let the user {os.geteuid()} write there: the pool packs there what it sends."
        yield Verdict("collection", "wrong", f"{own.path} cannot be written ({error.strerror})", step)
