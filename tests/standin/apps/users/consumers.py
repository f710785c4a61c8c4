"""Events: to the channel layer, and to a file where a test reads them."""

import json
import logging
import os
import time
from pathlib import Path

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)


def _keep(event):
    if file := os.environ.get("STANDIN_EVENTS"):
        with Path(file).open("a") as stream:
            stream.write(json.dumps({**event, "at": time.time()}) + "\n")


def _send(group, event):
    try:
        async_to_sync(get_channel_layer().group_send)(group, event)
    except Exception as error:  # what is lost of events stops nothing
        logger.exception(error)


def send_event(cls, pk, event_name, data):
    _keep({"room": [cls, pk], "name": event_name, "data": data})
    _send(f"room-{cls}-{pk:d}", {"type": "notification_event", "name": event_name, "data": data})


def send_notification(user_pk, message, id=None, level="info", links=None):
    _keep({"user": user_pk, "text": message, "id": id, "level": level, "links": links or []})
    event = {"type": "notification_message", "id": id, "level": level, "text": message, "links": links or []}
    _send(f"notif-{user_pk}", event)
