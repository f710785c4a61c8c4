"""Opening a journal: the database, and its tables."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random

from armarius.client.errors import JournalTooNew
from armarius.client.journal import usagelog
from armarius.client.journal.sitetables import PLACES_TAKEN
from armarius.client.journal.tables import SCHEMA_VERSION, Base, SchemaRow


def open_engine(url: str) -> Engine:
    """Opens a database as the journal needs it: what was committed survives a power cut.

    Args:
        url: A SQLAlchemy URL. The folder of a SQLite file is created.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30}, json_serializer=json.dumps)

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        """Readers do not block the writer, and a committed line survives a power cut."""
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


@retry(retry=retry_if_exception_type(DBAPIError), stop=stop_after_attempt(6), wait=wait_random(0.05, 0.4), reraise=True)
def prepare(engine: Engine) -> None:
    """Makes the tables, or sees whether it knows those that are there.

    Of several processes that open an empty journal at once, one makes them; the others look again.

    Raises:
        JournalTooNew: A later version of Armarius wrote it.
    """
    Base.metadata.create_all(engine)
    PLACES_TAKEN.create(engine, checkfirst=True)  # a journal of before has the table, and not this
    with Session(engine) as session, session.begin():
        row = session.scalar(select(SchemaRow))
        if row is None:
            session.add(SchemaRow(version=SCHEMA_VERSION))
        elif row.version > SCHEMA_VERSION:
            raise JournalTooNew(row.version, SCHEMA_VERSION)
        elif row.version < SCHEMA_VERSION:  # the tables that it lacked are there now
            usagelog.make_up(session)
            session.execute(update(SchemaRow).values(version=SCHEMA_VERSION))
