"""Where the journal is, if nobody says: in eScriptorium's own PostgreSQL, apart from its tables."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from sqlalchemy import URL

SCHEMA = "armarius"
"""All that is ours lies in this schema: ``DROP SCHEMA armarius CASCADE`` takes it out again."""


def journal_in(database: Mapping[str, Any]) -> str | None:
    """Returns the URL of a journal in a Django database; None where that is no PostgreSQL.

    Args:
        database: As in Django's ``DATABASES``.
    """
    if not str(database.get("ENGINE", "")).endswith(("postgresql", "postgis", "postgresql_psycopg2")):
        return None
    url = URL.create(
        f"postgresql+{_driver()}",
        username=database.get("USER") or None,
        password=database.get("PASSWORD") or None,
        host=database.get("HOST") or None,
        port=int(database["PORT"]) if database.get("PORT") else None,
        database=database["NAME"],
        query={"options": f"-csearch_path={SCHEMA}"},
    )
    return url.render_as_string(hide_password=False)


def _driver() -> str:
    """Returns the driver that is there: eScriptorium's own is psycopg2."""
    return "psycopg" if find_spec("psycopg") else "psycopg2"
