"""Reading and writing what is remembered of trainings."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Engine, Select, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random

from armarius.client.escriptorium.record.accounts import AccountBook
from armarius.client.escriptorium.record.asked import Asked
from armarius.client.escriptorium.record.place import SCHEMA
from armarius.client.escriptorium.record.pressed import PressedBook
from armarius.client.escriptorium.record.sites import SiteBook
from armarius.client.escriptorium.record.tables import Base, ClerkRow, Phase, TrainingRow
from armarius.client.journal.drains import DrainLog, DrainRow
from armarius.client.journal.opening import open_engine
from armarius.client.journal.reach import reachable, reading, rows, writing
from armarius.functions.contracts import BadInput


class ModelBusy(BadInput):
    """Another training writes this model already: wait for it, or cancel it."""

    def __init__(self, model: int = 0) -> None:
        super().__init__(
            "This model is being trained already.", "Wait until that has ended, cancel it, or train another model."
        )
        self.model = model

    def __reduce__(self) -> tuple[type["ModelBusy"], tuple[int]]:
        return type(self), (self.model,)


class Ledger:
    """The trainings of one eScriptorium.

    Args:
        url: The journal's.

    Attributes:
        accounts: Those on clusters that users have connected.
        sites: What is remembered of sites.
        pressed: The tasks that segment and transcribe pages.
        drains: The journal's own: which sites take nothing new.

    Raises:
        JournalUnreachable: It does not answer.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self.accounts = AccountBook(self._engine)
        self.sites = SiteBook(self._engine)
        self.pressed = PressedBook(self._engine)
        self.drains = DrainLog(self._engine)
        try:
            with reachable():
                _prepare(self._engine, url)
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    # Reading -------------------------------------------------------------------------------------------------

    def find(self, task_id: str) -> TrainingRow | None:
        """Returns the training of a Celery task, if it was written down."""
        with reading(self._engine) as session:
            return session.scalar(select(TrainingRow).where(TrainingRow.task_id == task_id))

    def get(self, training: str) -> TrainingRow:
        """Returns a training as it stands."""
        with reading(self._engine) as session:
            return session.scalars(select(TrainingRow).where(TrainingRow.id == training)).one()

    def open_ones(self) -> Sequence[TrainingRow]:
        """Returns all trainings whose end was not told yet, oldest first."""
        query = select(TrainingRow).where(TrainingRow.phase_name != Phase.ENDED.value)
        with reading(self._engine) as session:
            return session.scalars(query.order_by(TrainingRow.asked, TrainingRow.id)).all()

    def asked_by(self, user: int | None) -> int:
        """Counts the trainings that a user has asked for, or all of them."""
        with reading(self._engine) as session:
            return session.scalar(_of(user, select(func.count()).select_from(TrainingRow))) or 0

    def newest(self, user: int | None, start: int, most: int) -> Sequence[TrainingRow]:
        """Returns the trainings that a user has asked for, or of all users, newest first.

        Args:
            user: Primary key; None for all.
            start: How many to leave out.
            most: How many to return.
        """
        query = select(TrainingRow).order_by(TrainingRow.asked.desc(), TrainingRow.id).offset(start).limit(most)
        with reading(self._engine) as session:
            return session.scalars(_of(user, query)).all()

    def some(self, trainings: Collection[str]) -> dict[str, TrainingRow]:
        """Returns some trainings by their ids; those that are not there are left out."""
        query = select(TrainingRow).where(TrainingRow.id.in_(list(trainings)))
        with reading(self._engine) as session:
            return {row.id: row for row in session.scalars(query)} if trainings else {}

    # Writing -------------------------------------------------------------------------------------------------

    def write_down(self, asked: Asked, now: float, *, due: float | None = None) -> bool:
        """Writes a training down, once.

        Args:
            asked: What was asked.
            now: Seconds since 1970.
            due: When it may begin; at once if None, even if it was written down with a later time.

        Returns:
            Whether it was new.

        Raises:
            ModelBusy: Another training holds its model.
        """
        if self.find(asked.task_id) is not None:
            if due is None:
                self._expedite(asked.task_id, now)
            return False
        row = TrainingRow(
            id=asked.id,
            task_id=asked.task_id,
            task=asked.task,
            arguments_json=asked.arguments,
            model=asked.model,
            user=asked.user,
            asked=now,
            due=now if due is None else due,
            phase_name=Phase.ASKED.value,
        )
        try:
            with writing(self._engine) as session:
                session.add(row)
        except IntegrityError:
            if self.find(asked.task_id) is not None:
                return False
            raise ModelBusy(asked.model) from None
        return True

    def note(self, training: str, **changes: Any) -> None:
        """Changes what is remembered of a training; ``phase`` is written as its name."""
        if "phase" in changes:
            changes["phase_name"] = changes.pop("phase").value
        with writing(self._engine) as session:
            session.execute(update(TrainingRow).where(TrainingRow.id == training).values(**changes))

    def forget(self, task_id: str) -> None:
        """Crosses a training out that was refused before it began."""
        refused = delete(TrainingRow).where(TrainingRow.task_id == task_id, TrainingRow.phase_name == Phase.ASKED.value)
        with writing(self._engine) as session:
            session.execute(refused)

    def cancel(self, task_id: str) -> None:
        """Notes the wish that a training end."""
        wish = update(TrainingRow).where(TrainingRow.task_id == task_id, TrainingRow.phase_name != Phase.ENDED.value)
        with writing(self._engine) as session:
            session.execute(wish.values(cancelled=True))

    def _expedite(self, task_id: str, now: float) -> None:
        early = update(TrainingRow).where(TrainingRow.task_id == task_id, TrainingRow.due > now)
        with writing(self._engine) as session:
            session.execute(early.values(due=now))

    # Whose turn it is ----------------------------------------------------------------------------------------

    def take_turn(self, owner: str, now: float, seconds: float, *, instead_of: str | None = None) -> bool:
        """Takes or renews the right to tell the users.

        Args:
            owner: Who wants it.
            now: Seconds since 1970.
            seconds: How long it shall last.
            instead_of: A holder that is known to be dead.

        Returns:
            Whether it is the owner's now.
        """
        mine = update(ClerkRow).where(
            (ClerkRow.owner.in_([owner, instead_of or owner])) | (ClerkRow.until < now), ClerkRow.id == 1
        )
        with writing(self._engine) as session:
            return rows(session.execute(mine.values(owner=owner, until=now + seconds))) == 1

    def give_turn_back(self, owner: str) -> None:
        """Lets another process tell the users."""
        mine = update(ClerkRow).where(ClerkRow.id == 1, ClerkRow.owner == owner)
        with writing(self._engine) as session:
            session.execute(mine.values(until=0.0))

    def clerk(self) -> ClerkRow:
        """Returns who tells the users, and what troubles the pool."""
        with reading(self._engine) as session:
            return session.scalars(select(ClerkRow)).one()

    def note_trouble(self, trouble: str, now: float) -> None:
        """Notes why the pool is out of reach; nothing if it is not."""
        known = self.clerk()
        if bool(trouble) is bool(known.trouble):
            return
        with writing(self._engine) as session:
            session.execute(update(ClerkRow).values(trouble=trouble, trouble_since=now))


def _of(user: int | None, query: Select[Any]) -> Select[Any]:
    return query if user is None else query.where(TrainingRow.user == user)


def _prepare(engine: Engine, url: str) -> None:
    """Makes what is missing. Of several processes that begin at once, each may find it made by another."""
    if engine.dialect.name == "postgresql" and f"search_path={SCHEMA}" in url.replace("%3D", "="):
        _quietly(engine, f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    _make_tables(engine)
    with engine.connect() as connection:
        if connection.execute(select(ClerkRow.id)).first() is not None:
            return
    _quietly(engine, _FIRST)


@retry(retry=retry_if_exception_type(DBAPIError), stop=stop_after_attempt(6), wait=wait_random(0.05, 0.4), reraise=True)
def _make_tables(engine: Engine) -> None:
    """Makes the tables, though another process makes them at the same moment: each may be quicker at one of them.

    A body reads which sites are drained, though the journal may be opened later.
    """
    Base.metadata.create_all(engine)
    DrainRow.metadata.create_all(engine, tables=[DrainRow.metadata.tables[DrainRow.__tablename__]])


_FIRST = "INSERT INTO escriptorium_clerk (id, owner, until, trouble, trouble_since) VALUES (1, '', 0, '', 0)"


def _quietly(engine: Engine, statement: str) -> None:
    """Runs a statement that another process may have run at the same moment."""
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except IntegrityError:
        return
