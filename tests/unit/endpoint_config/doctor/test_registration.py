import json
import os
import time

from unit.endpoint_config.doctor.admitted import ENDPOINT, Admit, started
from unit.endpoint_config.doctor.wards import nobody
from unit.endpoint_config.sites import LOCAL


def test_registered_and_running(admit: Admit) -> None:
    well = admit()
    started(well)
    assert well.grave("registration") == []


def test_before_anything_was_registered(admit: Admit) -> None:
    unregistered, stopped, unknown = admit().grave("registration")
    assert unregistered.startswith("problem: Not registered: calibrate, train")
    assert stopped == "problem: The endpoint does not run here."
    assert "has never been started" in unknown


def test_drift_silence_and_offline(admit: Admit) -> None:
    sick = admit()
    started(sick)
    record = json.loads(sick.context.folder.functions.read_bytes())
    record["functions"]["train"]["sha256"] = "0" * 64
    sick.context.folder.functions.write_text(json.dumps(record))
    os.utime(sick.context.folder.pidfile, (time.time() - 300,) * 2)
    sick.compute.status = "offline"
    drift, silence, offline, site_file = sick.grave("registration")
    assert "another text than this release has: train" in drift
    assert "no sign of life for 300 s" in silence
    assert offline == f"problem: Globus Compute says that {ENDPOINT} is offline."
    assert "site.toml is not what the pool should be told" in site_file


def test_an_endpoint_that_allows_more(admit: Admit) -> None:
    sick = admit()
    started(sick)
    sick.compute.allowed = None
    assert sick.grave("registration") == [f"problem: The endpoint {ENDPOINT} allows every function."]


def test_registration_without_a_network(admit: Admit) -> None:
    sick = admit(LOCAL, {"compute": nobody})
    started(sick)
    assert sick.grave("registration")[0].startswith("warning: Globus Compute did not")
