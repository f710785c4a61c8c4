"""What the tests of this folder send, and how they wait for the answer."""

from typing import Any

from globus_compute_sdk import Client

from support.cli import until

PATIENCE = 60
SUBMIT = "POST /v3/endpoints/{id}/submit"
NOTE = """\
def note(path, text):
    with open(path, "a") as file:
        file.write(text + "\\n")
    return text
"""


def ended(client: Client, task: str) -> dict[str, Any]:
    """Waits for a task by asking, and returns what is said of it."""
    found: dict[str, Any] = {}

    def has_ended() -> bool:
        found.update(client.get_task(task))
        return not found["pending"]

    until(has_ended, f"the end of task {task}")
    return found
