"""Reading and writing which accounts users have connected. Tokens come and go encrypted."""

import secrets
from collections.abc import Sequence

from sqlalchemy import Engine, delete, select, update

from armarius.client.escriptorium.record.tables import AccountRow
from armarius.client.journal.reach import reading, writing


class AccountBook:
    """The accounts of all users.

    Args:
        engine: Of the journal's database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, user: int) -> AccountRow | None:
        """Returns what a user has connected."""
        with reading(self._engine) as session:
            return session.get(AccountRow, user)

    def all(self) -> Sequence[AccountRow]:
        """Returns what all have."""
        with reading(self._engine) as session:
            return session.scalars(select(AccountRow).order_by(AccountRow.user)).all()

    def connect(self, user: int, identity: str, username: str, sealed: str, now: float) -> None:
        """Writes an account down, in the place of the user's former one."""
        stamp = secrets.token_hex(8)
        row = AccountRow(
            user=user, identity=identity, username=username, sealed=sealed, connected=now, stamp=stamp, broken=""
        )
        with writing(self._engine) as session:
            session.merge(row)

    def keep(self, user: int, stamp: str, sealed: str) -> None:
        """Keeps renewed tokens, unless the user has disconnected or connected anew since."""
        self._change(user, stamp, sealed=sealed)

    def break_(self, user: int, stamp: str, why: str) -> None:
        """Notes that an account cannot be used any more, unless the user has connected anew since."""
        self._change(user, stamp, broken=why)

    def forget(self, user: int) -> None:
        """Deletes an account with its tokens."""
        with writing(self._engine) as session:
            session.execute(delete(AccountRow).where(AccountRow.user == user))

    def _change(self, user: int, stamp: str, **values: str) -> None:
        mine = update(AccountRow).where(AccountRow.user == user, AccountRow.stamp == stamp)
        with writing(self._engine) as session:
            session.execute(mine.values(**values))
