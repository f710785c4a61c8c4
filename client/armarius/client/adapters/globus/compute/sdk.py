"""All that touches the Globus Compute SDK. It takes a second to import: see :func:`service.hub_of`.

JSON alone crosses the wire, both ways. The SDK's own allow-list of deserialisers must name one for code as well, which
executes what it is given; so nothing but JSON is ever opened here, whatever a site sends.
"""

import logging
import os
from collections.abc import Collection
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any
from uuid import UUID

from globus_compute_sdk import Client, Executor
from globus_compute_sdk.errors import DeserializationError
from globus_compute_sdk.sdk.batch import Batch, create_user_runtime
from globus_compute_sdk.serialize import ComputeSerializer, JSONData, SerializationStrategy
from globus_sdk import ComputeClientV2, ComputeClientV3, GlobusApp
from globus_sdk.transport import RequestsTransport, RetryConfig

from armarius.client.adapters.globus.compute.allowance import Allowance
from armarius.client.adapters.globus.compute.service import Settings
from armarius.client.adapters.globus.compute.tasks import Told

POLL_SECONDS, POLL_RETRIES = 20.0, 3
"""A poll that nobody answers is given up sooner than by default: a driver waits for it."""

SUBMIT_SECONDS, SUBMIT_RETRIES = 60.0, 1
"""A submission may be held until the user endpoint has started that it needs."""

LOOK_SECONDS = 0.1
"""Between two looks for results. The SDK's own half second makes a call longer by a fifth of a second on average."""

RESULT_SERIALIZERS = [f"{JSONData.__module__}.{JSONData.__name__}"]

for _chatty in ("globus_compute_sdk", "pika"):  # they warn of what becomes an error of ours, into a person's terminal
    logging.getLogger(_chatty).addHandler(logging.NullHandler())


class JSONOnly(ComputeSerializer):
    """Writes JSON, and reads nothing else."""

    def __init__(self) -> None:
        super().__init__(strategy_data=JSONData)

    def assert_deserializer_allowed(self, strategy: SerializationStrategy) -> None:
        """Called by the SDK before anything is opened.

        Raises:
            DeserializationError: It is not JSON.
        """
        if not isinstance(strategy, JSONData):
            said = f"{type(strategy).__name__} is never opened; only JSON is."
            raise DeserializationError(said)  # type: ignore[no-untyped-call]


class _LineClient(Client):
    """A client that keeps quiet about differing Python versions, which matter to pickles, not to JSON."""

    def _log_version_mismatch(self, worker_details: dict[str, Any] | None) -> None:
        pass


class _NoWatcher:
    """Stands in for the thread that waits for results, when nobody waits any more."""

    def watch_for_task_results(self, executor: Executor, futures: list[Any]) -> int:
        return 0


class ExecutorLine(Executor):
    """An Executor that can be given up without waiting for anything, and that shares nothing with others.

    The SDK's own would wait for a lost result for ever when the program ends, and all Executors of a process receive
    their results through one thread, which looks for them twice in a second. Private parts of the SDK are overridden to
    mend that; a test looks whether they are still there.

    Args:
        app: The identity.
        endpoint: Which endpoint.
        settings: What to ask its user endpoint for.
        allowance: Shared by all that send requests.
    """

    def __init__(self, app: GlobusApp, endpoint: UUID, settings: Settings, allowance: Allowance) -> None:
        self._allowance = allowance
        self._ending = Lock()
        self._ended = False
        self._watcher: Any = None
        super().__init__(
            endpoint_id=endpoint,
            client=_LineClient(app=app, do_version_check=False),
            user_endpoint_config=dict(settings),
            serializer=JSONOnly(),
            result_serializers=[JSONData],
            api_burst_limit=8,  # the most in the shortest time that the SDK knows:
            api_burst_window_s=1,  # the allowance sees to the service's limit
        )
        self.task_group_id = None  # the service makes one, with a queue of its own

    @property
    def task_group_id(self) -> UUID | None:
        """The group whose results arrive here. The SDK would tell it to all other Executors, and take theirs."""
        return self._task_group_id

    @task_group_id.setter
    def task_group_id(self, group: UUID | str | None) -> None:
        self._task_group_id = UUID(str(group)) if group else None

    def send(self, function: UUID, payload: dict[str, Any]) -> "Future[Any]":
        """Calls a function; see :class:`Line`."""
        self._allowance.take()
        future: Future[Any] = self.submit_to_registered_function(str(function), args=(payload,))
        return future

    def hang_up(self) -> None:
        """Gives the line up; see :class:`Line`. What must be waited for is left to a thread that ends soon."""
        with self._ending:
            if self._ended:
                return
            self._ended = True
        Thread(target=self._end, name="armarius-hang-up", daemon=True).start()

    def _end(self) -> None:
        if self._watcher is not None:
            self._watcher.shutdown(wait=False, cancel_futures=True)
        self.shutdown(wait=False, cancel_futures=True)  # type: ignore[no-untyped-call]

    def _get_result_watcher(self) -> Any:
        with self._ending:
            if self._ended:
                return _NoWatcher()
            self._watcher = super()._get_result_watcher()
            self._watcher.poll_period_s = LOOK_SECONDS
            return self._watcher


class ComputeService:
    """Fulfils :class:`Service` with the real SDKs. Safe in threads; make it after a fork, not before.

    Args:
        app: The identity.
    """

    def __init__(self, app: GlobusApp) -> None:
        self._app = app
        self._allowance = Allowance()
        common: dict[str, Any] = {"app": app, "base_url": Client(app=app, do_version_check=False).web_service_address}
        self._v2 = ComputeClientV2(**common, **_patience(POLL_SECONDS, POLL_RETRIES))
        self._v3 = ComputeClientV3(**common, **_patience(SUBMIT_SECONDS, SUBMIT_RETRIES))

    def submit(self, endpoint: UUID, settings: Settings, function: UUID, payload: dict[str, Any]) -> str:
        """Hands a task over; see :class:`Service`."""
        batch = Batch(
            None,
            user_endpoint_config=dict(settings),
            serializer=JSONOnly(),
            user_runtime=create_user_runtime(),
            result_serializers=RESULT_SERIALIZERS,
        )
        batch.add(function, args=(payload,))
        self._allowance.take()
        answer = self._v3.submit(endpoint, batch.prepare())
        return str(answer["tasks"][str(function)][0])

    def tell(self, tasks: Collection[str]) -> dict[str, Told]:
        """Tells what is known of tasks; see :class:`Service`."""
        self._allowance.take()
        found = self._v2.get_task_batch(sorted(tasks))["results"]
        return {task: _told(document) for task, document in found.items() if document}

    def line(self, endpoint: UUID, settings: Settings) -> ExecutorLine:
        """Opens a line; see :class:`Service`."""
        return ExecutorLine(self._app, endpoint, settings, self._allowance)


def _told(document: dict[str, Any]) -> Told:
    status = str(document.get("status", "unknown")).lower()
    return Told(status, document.get("result"), document.get("exception"))


def _patience(seconds: float, retries: int) -> dict[str, Any]:
    timeout = float(os.environ.get("GLOBUS_SDK_HTTP_TIMEOUT") or seconds)
    return {
        "transport": RequestsTransport(http_timeout=timeout),
        "retry_config": RetryConfig(max_retries=retries),
    }
