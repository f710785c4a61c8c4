"""What the examinations have in common: a site that is admitted, and what well programs say."""

import json
from collections.abc import Callable

import yaml

from armarius.endpoint_config import register
from armarius.functions.versions import versions
from unit.endpoint_config.doctor.wards import Ward

ENDPOINT = "573416bb-24d6-5eda-9174-2545b3585b4c"
OWN = versions().armarius
CPU = [{"name": "cpu1", "cpus": 1, "memory": "64MiB"}]
ENDPOINT_SAYS = {
    "armarius": OWN,
    "globus-compute-endpoint": "4.19.0",
    "globus-compute-sdk": "4.19.0",
    "parsl": "2026.4",
}
KRAKEN_SAYS = {"armarius": OWN, "kraken": "7.1.1", "torch": "2.9.1"}

Admit = Callable[..., Ward]


def started(ward: Ward) -> None:
    """Registers the functions and starts the endpoint, for the fakes."""
    folder, profile = ward.context.folder, ward.context.profile
    register(profile, folder, ward.compute)
    folder.identity.write_text(json.dumps({"endpoint_id": ENDPOINT}))
    folder.pidfile.write_text("1")
    ward.compute.allowed = yaml.safe_load(folder.core.read_text())["allowed_functions"]
    register(profile, folder, ward.compute)
