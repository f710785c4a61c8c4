"""The cloud's side of the message broker."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aio_pika
from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.abc import AbstractIncomingMessage

from cloud.errors import ApiError

COMMANDS = "commands"
TASKS = "tasks"
RESULTS = "results"
HEARTBEATS = "heartbeats"
TASK_GROUPS = "task-groups"
TASK_GROUP_PREFIX = "task-group."
"""Of the names of the queues from which the SDK reads results."""

_PATIENCE = 5.0
"""For the broker to accept a message, in seconds. Then the request fails."""

logger = logging.getLogger(__name__)


class Queues:
    """Exchanges and queues as the endpoint and the SDK expect them: direct, durable, filled by routing key.

    Args:
        url: Of the broker, with name and password.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._exchanges: dict[str, aio_pika.abc.AbstractExchange] = {}

    async def connect(self) -> None:
        """Connects to the broker, now and again whenever the connection breaks."""
        self._connection = await aio_pika.connect_robust(self.url, reconnect_interval=0.2)
        self._channel = await self._connection.channel(publisher_confirms=True)
        await self._channel.set_qos(prefetch_count=200)
        for name in (COMMANDS, TASKS, RESULTS, HEARTBEATS, TASK_GROUPS):
            self._exchanges[name] = await self._channel.declare_exchange(name, ExchangeType.DIRECT, durable=True)

    async def close(self) -> None:
        """Disconnects for good."""
        await self._connection.close()

    async def listen(self, exchange: str, receive: Callable[[bytes], Awaitable[None]]) -> None:
        """Calls a function with every message of an exchange's one queue. What it raises is logged."""

        async def receive_one(message: AbstractIncomingMessage) -> None:
            async with message.process():
                try:
                    await receive(message.body)
                except Exception:
                    logger.exception("a message of %s was not understood", exchange)

        queue = await self._channel.declare_queue(exchange, durable=True)
        await queue.bind(self._exchanges[exchange], exchange)
        await queue.consume(receive_one)

    async def ensure(self, exchange: str, queue: str) -> None:
        """Declares a queue that others read, bound to an exchange by its own name.

        Raises:
            ApiError: The broker cannot be reached.
        """
        await _within_patience(self._declare(exchange, queue))

    async def _declare(self, exchange: str, name: str) -> None:
        # Not "robust": a queue survives a restart of the broker by itself.
        queue = await self._channel.declare_queue(name, durable=True, robust=False)
        await queue.bind(self._exchanges[exchange], name, robust=False)

    async def send(self, exchange: str, queue: str, body: bytes, **properties: Any) -> None:
        """Sends a message that survives a restart of the broker.

        Raises:
            ApiError: The broker cannot be reached.
        """
        message = Message(body, delivery_mode=DeliveryMode.PERSISTENT, timestamp=int(time.time()), **properties)
        await _within_patience(self._exchanges[exchange].publish(message, queue))

    def publishing(self, exchange: str) -> dict[str, Any]:
        """Tells an endpoint how to send to one of the cloud's own queues."""
        return {
            "connection_url": self.url,
            "exchange": exchange,
            "queue": exchange,
            "queue_publish_kwargs": {
                "exchange": exchange,
                "routing_key": exchange,
                "mandatory": True,
                "properties": {"delivery_mode": 2},
            },
        }

    def reading(self, exchange: str, queue: str) -> dict[str, Any]:
        """Tells an endpoint how to read a queue of its own."""
        return {"connection_url": self.url, "exchange": exchange, "queue": queue}


async def _within_patience(work: Awaitable[Any]) -> None:
    try:
        await asyncio.wait_for(work, _PATIENCE)
    except (asyncio.TimeoutError, aio_pika.exceptions.AMQPError, ConnectionError, RuntimeError) as error:
        raise ApiError(503, "SERVICE_UNAVAILABLE", f"the message broker does not answer: {error!r}") from error
