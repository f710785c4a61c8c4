"""``armarius-escriptorium``: what an admin of eScriptorium asks and does."""

import json
import sys
from collections.abc import Iterator

import click

from armarius.client.escriptorium.check.verdict import Verdict, safely
from armarius.client.escriptorium.record import sealing

COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Train eScriptorium's models in the pool, and have its pages done there.

    Run it where eScriptorium's workers run, with their environment and DJANGO_SETTINGS_MODULE.
    """


@main.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
def check(json_: bool) -> None:
    """Tell what is right and what is wrong, and what to do about it."""
    found = []
    for verdict in verdicts():
        found.append(verdict)
        if not json_:
            _show(verdict)
    if json_:
        click.echo(json.dumps([vars(each) for each in found]))
    sys.exit(1 if any(each.mark == "wrong" for each in found) else 0)


@main.command()
@click.option("--metrics", metavar="[HOST:]PORT", help="Offer figures for Prometheus there.  [env: ARMARIUS_METRICS]")
def drive(metrics: str | None) -> None:
    """Drive all trainings and all work on pages, as a service: where no worker does (ARMARIUS = {"DRIVE": False})."""
    from armarius.client.escriptorium.life.process import main as serve

    serve(metrics)


@main.command()
def new_key() -> None:
    """Make a key for ARMARIUS_TOKEN_KEYS."""
    click.echo(sealing.new_key())


@main.command()
def reseal() -> None:
    """Encrypt all tokens anew, with the first of ARMARIUS_TOKEN_KEYS. Then the others can be removed."""
    from armarius.client.escriptorium.accounts.book import opened_accounts
    from armarius.client.escriptorium.life.process import load_escriptorium

    load_escriptorium()
    seal = sealing.Seal.from_environment()
    with opened_accounts() as book:
        rows = book.all()
        for row in rows:
            book.keep(row.user, row.stamp, seal.renew(row.sealed))
    click.echo(f"{len(rows)} accounts are encrypted with the first key.")


def verdicts() -> Iterator[Verdict]:
    """Looks at one thing after the other; without eScriptorium there is nothing more to look at."""
    try:
        from armarius.client.escriptorium.life.process import load_escriptorium

        app = load_escriptorium()
    except Exception as error:
        step = "Run it in eScriptorium's own environment, in the folder that holds manage.py."
        yield Verdict("eScriptorium", "wrong", f"{type(error).__name__}: {error}", step)
        return
    from armarius.client.escriptorium.check import instance, reach
    from armarius.client.escriptorium.check.accounts import accounts

    yield from safely("eScriptorium", lambda: instance.generation(app), "See docs/escriptorium.md.")
    yield from safely("storage", instance.storage)
    yield from safely("routes", lambda: instance.routes(app))
    yield from safely("workers", lambda: instance.workers(app), "Does the broker (Redis) answer?")
    yield from safely("pages", lambda: instance.pages(app), "Does the broker (Redis) answer?")
    yield from safely("journal", reach.journal, "Does its server answer? May this user make a schema there?")
    yield from safely("accounts", accounts)
    yield from safely("sites", reach.sites, "See: armarius sites")


def _show(verdict: Verdict) -> None:
    click.echo(f"{click.style(f'{verdict.mark:<6}', fg=COLOURS[verdict.mark])} {verdict.name:<13} {verdict.said}")
    if verdict.step and verdict.mark != "ok":
        click.echo(f"       {'':<13} {verdict.step}")


if __name__ == "__main__":
    main()
