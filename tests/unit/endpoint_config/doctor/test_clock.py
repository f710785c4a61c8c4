import time

import pytest

from unit.endpoint_config.doctor.admitted import Admit
from unit.endpoint_config.doctor.wards import nobody
from unit.endpoint_config.sites import LOCAL


@pytest.mark.parametrize(("off", "grave"), [(0, False), (59, False), (-59, False), (63, True), (-200, True)])
def test_clock(admit: Admit, off: float, grave: bool) -> None:
    sick = admit(LOCAL, {"web_time": lambda: (time.time() - off, 1.0)})
    told = sick.grave("clock")
    assert bool(told) == grave
    if grave:
        assert ("ahead" if off > 0 else "behind") in told[0]


def test_clock_without_a_network(admit: Admit) -> None:
    assert admit(LOCAL, {"web_time": nobody}).grave("clock")[0].startswith("warning: Globus Compute did not")
