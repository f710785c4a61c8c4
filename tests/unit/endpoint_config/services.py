"""Globus Compute, as far as functions go, in memory."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from globus_sdk import NetworkError


@dataclass
class FakeFunctions:
    """Registers, and answers for an allow-list.

    Attributes:
        registered: What was registered, in order.
        allowed: The allow-list of the endpoint; None for no restriction.
        fails_after: Registrations that succeed before the network fails.
    """

    registered: list[dict[str, Any]] = field(default_factory=list)
    allowed: list[str] | None = field(default_factory=list)
    fails_after: int | None = None

    def register_source_code(
        self,
        source: str,
        function_name: str,
        description: str | None = None,
        *,
        public: bool = False,
        group: UUID | None = None,
    ) -> str:
        if self.fails_after is not None and len(self.registered) >= self.fails_after:
            raise NetworkError("connection reset", ConnectionError())
        identifier = str(uuid4())
        self.registered.append(
            {"id": identifier, "name": function_name, "source": source, "public": public, "group": group}
        )
        return identifier

    def get_allowed_functions(self, endpoint_id: str) -> dict[str, Any]:
        return {
            "endpoint_id": endpoint_id,
            "restricted": self.allowed is not None,
            "functions": list(self.allowed or []),
        }
