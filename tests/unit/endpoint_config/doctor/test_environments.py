import json

import pytest

from armarius.endpoint_config.doctor import Verdict
from unit.endpoint_config.doctor.admitted import ENDPOINT_SAYS, KRAKEN_SAYS, Admit
from unit.endpoint_config.doctor.wards import fails, says


@pytest.mark.parametrize(
    ("endpoint", "kraken", "found"),
    [
        ({}, {}, []),
        ({"globus-compute-endpoint": "4.15.0"}, {}, ["warning: globus-compute-endpoint 4.15.0"]),
        ({"globus-compute-endpoint": "5.0"}, {}, ["warning: globus-compute-endpoint 5.0"]),
        ({"armarius": "0.0.1"}, {}, ["problem: /opt/armarius/endpoint has armarius 0.0.1"]),
        ({}, {"armarius": "0.0.1"}, ["problem: /opt/armarius/kraken/bin/python has armarius 0.0.1"]),
    ],
)
def test_environments(admit: Admit, endpoint: dict[str, str], kraken: dict[str, str], found: list[str]) -> None:
    sick = admit()
    sick.machine.answers["core_endpoint"] = says(json.dumps(ENDPOINT_SAYS | endpoint))
    sick.machine.answers["import kraken"] = says(json.dumps(KRAKEN_SAYS | kraken))
    grave = sick.grave("environments")
    assert [told[: len(beginning)] for told, beginning in zip(grave, found, strict=True)] == found


def test_environments_that_do_not_work(admit: Admit) -> None:
    sick = admit()
    sick.machine.answers["core_endpoint"] = fails("ModuleNotFoundError: No module named 'globus_compute_endpoint'")
    checks = sick.examine("environments")
    assert [check.verdict for check in checks] == [Verdict.PROBLEM, Verdict.PROBLEM]
    assert "No module named 'globus_compute_endpoint'" in checks[0].found
    assert "pip install 'armarius[endpoint]'" in checks[0].mend
    assert "command not found" in checks[1].found
