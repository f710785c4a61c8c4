"""``armarius drain`` and ``undrain``: taking a site out of the pool for a while, and back."""

import click

from armarius.client.accounts.moments import coming_moment
from armarius.client.accounts.names import login_name
from armarius.client.journal import Drain
from armarius.client.pool import Pool
from armarius.client.words import local_moment


@click.command()
@click.argument("site", metavar="SITE")
@click.option("--move", is_flag=True, help="What it has goes on elsewhere: what runs pauses first, with a checkpoint.")
@click.option("--from", "begins", metavar="DATE", help='From when on: "2026-12-01 08:00", or "2h" from now.  [now]')
@click.option("--until", "ends", metavar="DATE", help="Until when; else until: armarius undrain SITE.")
def drain(site: str, move: bool, begins: str | None, ends: str | None) -> None:
    """Let SITE take nothing new; what it has ends there.

    Before a drain that is planned, SITE takes only what will be done or paused by then.
    """
    with Pool.from_config() as pool:
        now = pool.desk.clock.now()
        begin = coming_moment(begins, now) if begins else now
        end = coming_moment(ends, begin) if ends else None
        if end is not None and end <= max(begin, now):
            raise click.BadParameter("that is over before it begins.", param_hint="--until")
        pool.config.site(site)
        pool.desk.journal.drains.drain(Drain(site, login_name(), now, begin, end, empties=move))
        closed = pool.config.site(site).drained
    click.echo(_said(site, move, begin if begins else None, end))
    if closed:
        click.echo(f"Its site file says `drained = true`, too: that stays so after armarius undrain {site}.", err=True)


def _said(site: str, move: bool, begin: float | None, end: float | None) -> str:
    span = f" from {local_moment(begin)} on" if begin is not None else ""
    span += f" until {local_moment(end)}" if end is not None else ""
    rest = "what it has goes on elsewhere" if move else "what it has ends there"
    return f"{site} takes nothing new{span}; {rest}."


@click.command()
@click.argument("site", metavar="SITE")
def undrain(site: str) -> None:
    """Let SITE take jobs again, whoever drained it: a command, or eScriptorium's page."""
    with Pool.from_config() as pool:
        closed = pool.config.site(site).drained
        was = pool.desk.journal.drains.undrain(site)
    if closed:
        click.echo(f"{site} takes nothing new: its site file says `drained = true`.")
    else:
        click.echo(f"{site} takes jobs again." if was else f"{site} was not drained.")
