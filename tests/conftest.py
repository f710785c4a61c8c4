from collections.abc import Iterator
from typing import Any

import pytest

from armarius.functions.signing import KEY_VARIABLE
from support import side_by_side
from support.postgresql import Server, find_server, running_server
from support.redis_server import find_redis, running_redis

pytest.register_assert_rewrite("support.journal_contract")


def pytest_xdist_auto_num_workers() -> int:
    """How many processes ``-n auto`` means."""
    return side_by_side.processes()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        side_by_side.part()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> side_by_side.Groups:
    return side_by_side.Groups(config, log)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    programs, why = find_server()
    if programs is None:
        pytest.skip(why)
    with running_server(programs) as server:
        yield server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program, why = find_redis()
    if program is None:
        pytest.skip(why)
    with running_redis(program, tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """It ends with the module: as long as it is there, its event loop runs in this thread, and no other can."""
    from support.browser import find_chromium, running_browser  # few tests need it, and it takes a moment to import

    program, why = find_chromium()
    if program is None:
        pytest.skip(why)
    with running_browser(program) as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test makes or reads a key in the home of whoever runs it; processes that tests start inherit this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, str(tmp_path_factory.mktemp("state") / "checkpoints.key"))
        yield
