"""What a message of Celery asks for."""

import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A training, or work on pages, as it was asked for.

    Attributes:
        task: The name of the Celery task.
        task_id: Its id.
        arguments: By name.
    """

    task: str
    task_id: str
    arguments: dict[str, Any]

    @property
    def id(self) -> str:
        """Of the training and its job: the same message delivered twice is one training."""
        return hashlib.sha256(self.task_id.encode()).hexdigest()[:10]

    @property
    def model(self) -> int:
        """Primary key of the model to train."""
        return int(self.arguments["model_pk"])

    @property
    def user(self) -> int | None:
        """Primary key of whoever asked."""
        return self.arguments.get("user_pk")
