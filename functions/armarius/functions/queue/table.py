"""The operator's table of shapes, as the control functions get it."""

import os

from pydantic import ValidationError

from armarius.functions.contracts import QueueTable

QUEUE_VARIABLE = "ARMARIUS_QUEUE"
"""Environment variable of the control functions: the table itself, as JSON. ``armarius endpoint render`` writes it into
the endpoint's own files, so that no client can say any of it, and mapped accounts need not read any file of root's."""


def queue_table() -> QueueTable | None:
    """Returns the table, or None where there is no scheduler, or the table is of another release."""
    try:
        return QueueTable.model_validate_json(os.environ[QUEUE_VARIABLE])
    except (KeyError, ValidationError):
        return None
