from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.browser import Reader
from support.escriptorium_server import Standin, running
from support.postgresql import Server
from support.redis_server import flush

Start = Callable[..., Standin]


@pytest.fixture
def start(postgresql: Server, redis: str, tmp_path: Path) -> Iterator[Start]:
    """Starts an instance with these options."""
    flush(redis)
    with ExitStack() as stack:

        def begin(**options: Any) -> Standin:
            opened: AbstractContextManager[Standin] = running(
                tmp_path / "escriptorium", postgresql.new_database(), redis, **options
            )
            return stack.enter_context(opened)

        yield begin


@pytest.fixture
def reader(browser: Any) -> Iterator[Callable[..., Reader]]:
    """Opens a window; in none of them may a script have failed, or anything been missing."""
    with ExitStack() as stack:
        opened: list[Reader] = []

        def begin(address: str, **options: Any) -> Reader:
            opened.append(Reader(browser, address, **options))
            stack.callback(opened[-1].close)
            return opened[-1]

        yield begin
        assert [each.troubles for each in opened if each.troubles] == []
