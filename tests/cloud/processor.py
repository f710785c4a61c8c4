"""The result processor: takes in what endpoints send, notes it, and passes results on to who waits for them."""

import logging

from globus_compute_common.messagepack import pack, unpack
from globus_compute_common.messagepack.message_types import EPStatusReport, Result, ResultErrorDetails

from cloud.endpoints import Endpoints
from cloud.faults import ExpireResult, FaultBook, LoseResult
from cloud.queues import HEARTBEATS, RESULTS, TASK_GROUP_PREFIX, TASK_GROUPS, Queues
from cloud.starts import Starts
from cloud.tasks import Outcome, Task, Tasks

logger = logging.getLogger(__name__)


class Processor:
    """Reads results and heartbeats.

    A user endpoint that dies says nothing, and neither does the cloud: its tasks stay unfinished.
    """

    def __init__(self, queues: Queues, endpoints: Endpoints, starts: Starts, tasks: Tasks, faults: FaultBook) -> None:
        self._queues = queues
        self._starts = starts
        self._endpoints = endpoints
        self._tasks = tasks
        self._faults = faults

    async def start(self) -> None:
        """Begins to read; what came while nobody did is read first."""
        await self._queues.listen(RESULTS, self.on_result)
        await self._queues.listen(HEARTBEATS, self.on_heartbeat)

    async def on_result(self, body: bytes) -> None:
        """Takes in one result."""
        message = unpack(body)
        assert isinstance(message, Result), message
        task = self._tasks.find(str(message.task_id))
        if task is None:
            logger.warning("a result of the unknown task %s", message.task_id)
            return
        if self._faults.take(LoseResult, task.function):
            return
        await self._finish(task, message, body)
        if self._faults.take(ExpireResult, task.function):
            self._tasks.expire(task)

    async def on_heartbeat(self, body: bytes) -> None:
        """Takes in one status report of an endpoint or user endpoint."""
        message = unpack(body)
        assert isinstance(message, EPStatusReport), message
        endpoint = self._endpoints.find(str(message.endpoint_id))
        if endpoint is None:
            return
        error = message.global_state.get("error")
        if error is not None and endpoint.parent is None:
            # A forked child that fails also reports under the id of the endpoint that forked it, which goes on.
            logger.warning("endpoint %s reports: %s", endpoint.id, error)
            return
        up = error is None and bool(message.global_state.get("active", True))
        self._endpoints.beat(endpoint.id, message.global_state, up=up and _beats(message))
        self._starts.tell(endpoint.id, error)
        if error is not None:
            for task in self._tasks.waiting_for(endpoint.id):
                await self._fail(task, error)

    async def _fail(self, task: Task, error: str) -> None:
        """Ends a task whose user endpoint could not start."""
        details = ResultErrorDetails(code="ENDPOINT_STARTUP_FAILED", user_message=error)
        message = Result(task_id=task.id, data=error, error_details=details)
        await self._finish(task, message, pack(message))

    async def _finish(self, task: Task, message: Result, body: bytes) -> None:
        outcome = Outcome(
            result=None if message.is_error else message.data,
            exception=message.data if message.is_error else None,
            details=message.details,
        )
        if self._tasks.finish(task, outcome) and self._tasks.has_queue(task.group):
            await self._queues.send(TASK_GROUPS, TASK_GROUP_PREFIX + task.group, body)


def _beats(message: EPStatusReport) -> bool:
    """Tells whether another heartbeat will follow: a period of 0 is a goodbye."""
    period = message.global_state.get("heartbeat_period")
    return period is None or period > 0
