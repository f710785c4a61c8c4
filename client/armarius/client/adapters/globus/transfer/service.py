"""The seam over globus-sdk's ``TransferClient``: the little that staging needs of it, with errors in our words."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from globus_sdk import GlobusAPIError, GlobusApp, TransferClient, TransferData
from globus_sdk.transport import RetryConfig

from armarius.client.adapters.globus.compute.backoff import Backoff
from armarius.client.adapters.globus.transfer.errors import in_words, is_gone
from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.adapters.globus.transfer.words import Task
from armarius.client.ports import Clock
from armarius.functions.contracts import ArmariusError

HTTP_SECONDS = 20.0
"""How long an answer may take."""

_PAUSE_MESSAGES = (
    "source_pause_message",
    "source_pause_message_share",
    "destination_pause_message",
    "destination_pause_message_share",
)


class TransferService(Protocol):
    """What is needed of globus-sdk's ``TransferClient``."""

    def get_submission_id(self) -> Any:
        """Returns ``value``: an id with which a transfer can be handed over, again and again, once."""

    def submit_transfer(self, data: TransferData) -> Any:
        """Hands a transfer over; returns its ``task_id``."""

    def get_task(self, task_id: str) -> Any:
        """Returns the task document."""

    def task_pause_info(self, task_id: str) -> Any:
        """Returns who paused it and why."""

    def cancel_task(self, task_id: str) -> Any:
        """Asks for its end."""

    def close(self) -> None:
        """Closes connections."""


def transfer_client(app: GlobusApp) -> TransferClient:
    """Makes the way to Transfer. Nothing is sent yet.

    globus-sdk alone would repeat a failed request for up to a minute, while a driver holds leases; what is longer away
    is left alone for a while and asked again.
    """
    client = TransferClient(app=app, retry_config=RetryConfig(max_retries=2, max_sleep=3.0))
    client.transport.http_timeout = HTTP_SECONDS
    return client


class TransferLine:
    """Asks Transfer about the tasks of one site. After a failure it is left alone for a while.

    Every method raises ``SiteUnreachable`` or ``SignInNeeded`` where nothing is lost, and ``SiteRefused`` where asking
    again does not help.

    Args:
        route: The two ends, for words.
        service: Transfer.
        clock: The time.
    """

    def __init__(self, route: Route, service: TransferService, clock: Clock) -> None:
        self._route = route
        self._service = service
        self._backoff = Backoff("Globus Transfer", clock)

    def submission_id(self) -> str:
        """Gets an id with which a transfer is handed over once, however often it is handed over."""
        return str(self._ask(self._service.get_submission_id)["value"])

    def submit(self, document: TransferData) -> str:
        """Hands a transfer over and returns the task's id: the same for the same submission id."""
        return str(self._ask(lambda: self._service.submit_transfer(document))["task_id"])

    def task(self, task_id: str) -> Task | None:
        """Returns the task document, or None when Transfer does not know the task."""
        found: Task | None = self._ask(lambda: self._service.get_task(task_id))
        return found

    def cancel(self, task_id: str) -> None:
        """Has a task cancelled; one that has ended, or that Transfer does not know, is just as well."""
        self._ask(lambda: self._service.cancel_task(task_id))

    def pause_message(self, task_id: str) -> str:
        """Returns what those say who paused a task; that it is paused is known without."""
        with suppress(ArmariusError):
            info = self._ask(lambda: self._service.task_pause_info(task_id)) or {}
            said = [info.get(key) for key in _PAUSE_MESSAGES]
            said += [rule.get("message") for rule in info.get("pause_rules") or ()]
            return " ".join(dict.fromkeys(message for message in said if message))
        return ""

    def close(self) -> None:
        """Closes connections."""
        self._service.close()

    def _ask(self, call: Callable[[], Any]) -> Any:
        self._backoff.check()
        try:
            answer = self._answer(call)
        except ArmariusError as error:
            if error.transient:
                self._backoff.failed(error)
            raise
        self._backoff.succeeded()
        return answer

    def _answer(self, call: Callable[[], Any]) -> Any:
        with in_words(self._route):
            try:
                return call()
            except GlobusAPIError as error:
                if is_gone(error):
                    return None
                raise
