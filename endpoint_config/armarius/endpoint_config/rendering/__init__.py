"""From a profile to the files of an endpoint."""

from armarius.endpoint_config.rendering.plan import planned
from armarius.endpoint_config.rendering.writing import Change, Rendered, render

__all__ = ["Change", "Rendered", "planned", "render"]
