"""What is remembered of sites: which there are, and who looks at them. Which are drained, the journal says."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from armarius.client.config import AnySiteConfig
from armarius.client.escriptorium.record.tables import SiteRow
from armarius.client.journal.reach import reading, rows, writing

LOOKED_SECONDS = 15.0
"""A look is not written down again before: pages are refreshed every few seconds."""


class SiteBook:
    """The part of the ledger that is about sites.

    Args:
        engine: The ledger's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> Sequence[SiteRow]:
        """Returns all sites, by name."""
        with reading(self._engine) as session:
            return session.scalars(select(SiteRow).order_by(SiteRow.name)).all()

    def configured(self, sites: Iterable[AnySiteConfig]) -> None:
        """Notes which sites there are; the others are forgotten."""
        known = {row.name: (row.kind, row.closed, row.shapes_json) for row in self.all()}
        wanted = {site.name: _stated(site) for site in sites}
        if known == wanted:
            return
        self._write(delete(SiteRow).where(SiteRow.name.not_in(list(wanted))))
        for name, (kind, closed, shapes) in wanted.items():
            values = {"kind": kind, "closed": closed, "shapes_json": shapes}
            if name in known:
                self._write(update(SiteRow).where(SiteRow.name == name).values(**values))
            else:
                with suppress(IntegrityError):  # another process was quicker
                    self._write(insert(SiteRow).values(name=name, **values))

    def looked_at(self, now: float) -> None:
        """Notes that somebody looks at the sites."""
        self._write(update(SiteRow).where(SiteRow.looked < now - LOOKED_SECONDS).values(looked=now))

    def _write(self, statement: Any) -> int:
        with writing(self._engine) as session:
            return rows(session.execute(statement))


def _stated(site: AnySiteConfig) -> tuple[str, bool, list[dict[str, Any]]]:
    return site.kind, site.drained, [shape.model_dump(mode="json") for shape in site.shapes]
