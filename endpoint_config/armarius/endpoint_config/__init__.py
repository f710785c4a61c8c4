"""Templates, schemas and site tools for the people who run a cluster.

Everything that ``armarius endpoint`` does can be called::

    profile = read_profile(Path("site.profile.toml"))
    folder = render(profile, to=path).folder     # the endpoint's directory; by default where Globus Compute looks
    register(profile, folder, compute_client())  # its functions; again once it has started: site.toml for the pool

This package may use the client's (it writes the client's site files, with the client's types); the client loads the
commands of this one when they are called, and nothing else of it.
"""

from armarius.endpoint_config.errors import (
    BadFolder,
    BadProfile,
    Drift,
    EndpointConfigError,
    HandEdited,
    NotReached,
)
from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.reading import read_profile
from armarius.endpoint_config.registering import Registered, register
from armarius.endpoint_config.rendering import Change, Rendered, render
from armarius.endpoint_config.web import compute_client

__all__ = [
    "BadFolder",
    "BadProfile",
    "Change",
    "Drift",
    "EndpointConfigError",
    "EndpointFolder",
    "HandEdited",
    "NotReached",
    "Profile",
    "Registered",
    "Rendered",
    "compute_client",
    "read_profile",
    "register",
    "render",
]
