from collections.abc import Iterator

import pytest

from armarius.functions.signing import KEY_VARIABLE

pytest.register_assert_rewrite("support.journal_contract")


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test makes or reads a key in the home of whoever runs it; processes that tests start inherit this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, str(tmp_path_factory.mktemp("state") / "checkpoints.key"))
        yield
