"""The one database: everything that must outlive a killed web process."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS token (
    value TEXT PRIMARY KEY, kind TEXT, client TEXT, identity TEXT, resource_server TEXT, scope TEXT, expires REAL);
CREATE TABLE IF NOT EXISTS code (value TEXT PRIMARY KEY, client TEXT, document TEXT);
CREATE TABLE IF NOT EXISTS endpoint (
    id TEXT PRIMARY KEY, owner TEXT, parent TEXT, document TEXT,
    last_heartbeat REAL, heartbeat_period REAL, state TEXT, locked_until REAL);
CREATE TABLE IF NOT EXISTS function (id TEXT PRIMARY KEY, owner TEXT, document TEXT);
CREATE TABLE IF NOT EXISTS task_group (id TEXT PRIMARY KEY, owner TEXT, queue INTEGER, created REAL);
CREATE TABLE IF NOT EXISTS task (
    id TEXT PRIMARY KEY, task_group TEXT, endpoint TEXT, user_endpoint TEXT, function TEXT, owner TEXT, status TEXT,
    result TEXT, exception TEXT, details TEXT, created REAL, done REAL, expired INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS task_of_group ON task (task_group);
CREATE INDEX IF NOT EXISTS task_of_user_endpoint ON task (user_endpoint, done);
CREATE TABLE IF NOT EXISTS collection (id TEXT PRIMARY KEY, name TEXT, root TEXT);
CREATE TABLE IF NOT EXISTS transfer (
    id TEXT PRIMARY KEY, owner TEXT, submission TEXT UNIQUE, document TEXT, status TEXT, progress TEXT, created REAL,
    cancelled INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS fault (id TEXT PRIMARY KEY, kind TEXT, document TEXT, remaining INTEGER, created REAL);
CREATE TABLE IF NOT EXISTS request (route TEXT, status INTEGER, count INTEGER, PRIMARY KEY (route, status));
"""


class Store:
    """A SQLite database, for use by the event loop and by the threads that copy files.

    Args:
        path: The file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(_SCHEMA)

    def run(self, statement: str, *values: Any) -> int:
        """Runs a statement that changes something; returns how many rows it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        """Returns the first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
            return found

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Returns all rows of a query."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Makes what is done in the block one change: all of it or nothing. A block within a block is part of it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the database."""
        with self._lock:
            self._connection.close()
