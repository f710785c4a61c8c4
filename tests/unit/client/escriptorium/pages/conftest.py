from collections.abc import Iterator
from typing import Any

import pytest

from support.desk import Bench
from support.escriptorium import Instance
from support.escriptorium_life import Life
from support.escriptorium_visitor import Visitor, open_pages


@pytest.fixture
def life(office: Any, made: Bench, here: Instance, heard: list[dict[str, Any]]) -> Life:
    return Life(office, made, here, heard)


@pytest.fixture
def visit(life: Life) -> Iterator[Any]:
    """Makes visitors of the pages of this eScriptorium."""
    with open_pages(life.made):
        yield Visitor


@pytest.fixture
def guigo(visit: Any, here: Instance) -> Visitor:
    """Whose trainings those of the tests are."""
    visitor: Visitor = visit(here.user)
    return visitor


@pytest.fixture
def admin(visit: Any) -> Visitor:
    visitor: Visitor = visit(Visitor.user("admin", is_staff=True))
    return visitor


@pytest.fixture
def stranger(visit: Any) -> Visitor:
    visitor: Visitor = visit(Visitor.user("stranger"))
    return visitor
