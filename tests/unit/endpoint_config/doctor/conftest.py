"""Sites that are well, for a test to make ill."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unit.endpoint_config.doctor.wards import Ward, ward
from unit.endpoint_config.sites import LOCAL, site


@pytest.fixture
def admit(tmp_path: Path) -> Callable[..., Ward]:
    """Makes a site whose root is in the test's folder."""

    def made(base: dict[str, Any] = LOCAL, ways: dict[str, Any] | None = None, /, **changes: Any) -> Ward:
        return ward(site(base, root=str(tmp_path / "root"), **changes), tmp_path, **(ways or {}))

    return made
