"""functions.json: which functions are registered, and the digest of the text that each had."""

import json
from collections.abc import Iterable

from pydantic import Field, ValidationError

from armarius.client.config import RegisteredFunction
from armarius.endpoint_config.errors import BadFolder, Drift
from armarius.endpoint_config.folder import EndpointFolder
from armarius.functions.contracts import Contract
from armarius.functions.files import write_bytes
from armarius.functions.registered.source import digest


class FunctionRecord(Contract):
    """The registered functions by name."""

    functions: dict[str, RegisteredFunction] = Field(default_factory=dict)

    @classmethod
    def read(cls, folder: EndpointFolder) -> "FunctionRecord":
        """Reads the record; it is empty before ``register``.

        Raises:
            BadFolder: It is damaged.
        """
        try:
            return cls.model_validate_json(folder.functions.read_bytes())
        except FileNotFoundError:
            return cls()
        except (OSError, ValidationError) as error:
            hint = "Take it from a backup, or delete it and register again."
            raise BadFolder(f"{folder.functions} cannot be read: {error}", hint) from error

    def write(self, folder: EndpointFolder) -> None:
        """Writes it in one step."""
        document = self.model_dump(mode="json")
        ordered = {"functions": dict(sorted(document["functions"].items()))}
        write_bytes(folder.functions, (json.dumps(ordered, indent=2) + "\n").encode())

    def allowed(self, names: Iterable[str]) -> list[str]:
        """Returns the ids of these functions, of those that are registered, in the order of their names."""
        return [str(self.functions[name].id) for name in sorted(names) if name in self.functions]

    def drifted(self) -> list[str]:
        """Returns the names whose text was another when they were registered."""
        return [name for name, function in sorted(self.functions.items()) if function.sha256 != digest(name)]

    def require_own(self) -> None:
        """Makes sure that each registered function is the one of this release.

        Raises:
            Drift: One is not.
        """
        if drifted := self.drifted():
            raise Drift(
                f"Registered with another text than this release has: {', '.join(drifted)}.",
                "To register them again, under new ids: armarius endpoint register --again",
            )
