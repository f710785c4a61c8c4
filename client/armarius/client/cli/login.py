"""``armarius login``, ``logout`` and ``whoami``: who this is towards Globus."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click

from armarius.client.errors import SignInNeeded, SiteUnreachable


@click.command()
@click.option(
    "--data-access",
    "collections",
    multiple=True,
    type=click.UUID,
    help="Consent to the use of this collection, too. Only mapped collections ask for it; may be given several times.",
)
def login(collections: tuple[UUID, ...]) -> None:
    """Sign in to Globus, so that sites behind it can be used."""
    from armarius.client.adapters.globus.app import sign_in, who_is

    with _in_words():
        click.echo(f"Signed in as {_name(who_is(sign_in(collections)).data)}.")


@click.command()
def logout() -> None:
    """Sign out of Globus: what was granted here is revoked and forgotten."""
    from armarius.client.adapters.globus.app import sign_out

    with _in_words():
        sign_out()
    click.echo("Signed out.")


@click.command()
def whoami() -> None:
    """Tell as whom sites behind Globus are used: what an operator needs to know to let you in."""
    from armarius.client.adapters.globus.app import globus_app, who_is

    with _in_words():
        found = who_is(globus_app()).data
    click.echo(f"{_name(found)}\n{found['sub']}")


def _name(found: dict[str, str]) -> str:
    return found.get("preferred_username") or found["sub"]


@contextmanager
def _in_words() -> Iterator[None]:
    """Tells errors of Globus as ours."""
    from globus_sdk import GlobusAPIError, NetworkError

    try:
        yield
    except GlobusAPIError as error:
        raise SignInNeeded(f"Globus says no: {error.message or error.text}.", "Then again: armarius login") from error
    except NetworkError as error:
        raise SiteUnreachable(f"Globus cannot be reached: {error}.") from error
