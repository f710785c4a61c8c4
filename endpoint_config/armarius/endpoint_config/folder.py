"""The endpoint's directory: who writes which file of it."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from armarius.client.config.text import SitePath
from armarius.endpoint_config.errors import BadFolder

_PATH: TypeAdapter[str] = TypeAdapter(SitePath)


@dataclass(frozen=True)
class EndpointFolder:
    """Owns every path of one endpoint.

    ``render`` writes what follows from the profile, and ``rendered``; ``register`` writes ``functions`` and ``site``;
    Globus Compute writes ``identity`` when the endpoint first starts, its log, and ``pidfile``.

    Attributes:
        path: The directory. Its name is the endpoint's, its parent what Globus Compute calls its user directory.
    """

    path: Path

    @classmethod
    def at(cls, path: Path) -> "EndpointFolder":
        """Returns the folder at a path.

        Raises:
            BadFolder: Parsl and Globus Compute could not live with a directory of this name.
        """
        path = path.expanduser().absolute()
        try:
            _PATH.validate_python(str(path))
        except ValidationError as error:
            raise BadFolder(
                f"The endpoint cannot live in {str(path)!r}.",
                "Name a directory without blanks and quotes: Globus Compute uses its name in shell commands.",
            ) from error
        return cls(path)

    @classmethod
    def usual(cls, name: str) -> "EndpointFolder":
        """Returns where Globus Compute looks for the endpoint of this name."""
        home = os.environ.get("GLOBUS_COMPUTE_USER_DIR")
        return cls.at((Path(home) if home else Path.home() / ".globus_compute") / name)

    @property
    def core(self) -> Path:
        """The configuration of the endpoint itself, with its allow-list."""
        return self.path / "config.yaml"

    @property
    def mapping(self) -> Path:
        """The identity mapping, where everybody has an account of their own."""
        return self.path / "identity_mapping_config.json"

    @property
    def rendered(self) -> Path:
        """The digests of what was rendered, by which an edit by hand is noticed."""
        return self.path / "rendered.json"

    @property
    def functions(self) -> Path:
        """What is registered with Globus Compute."""
        return self.path / "functions.json"

    @property
    def site(self) -> Path:
        """The file for the pool."""
        return self.path / "site.toml"

    @property
    def identity(self) -> Path:
        """The endpoint's id."""
        return self.path / "endpoint.json"

    @property
    def pidfile(self) -> Path:
        """The process of a running endpoint; touched every 15 seconds."""
        return self.path / "daemon.pid"
