"""Events: to the channel layer, and to a file where a test reads them."""

import json
import os
import time
from pathlib import Path

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer


def _keep(event):
    if file := os.environ.get("STANDIN_EVENTS"):
        with Path(file).open("a") as stream:
            stream.write(json.dumps({**event, "at": time.time()}) + "\n")


def send_event(cls, pk, event_name, data):
    _keep({"room": [cls, pk], "name": event_name, "data": data})
    event = {"type": "notification_event", "name": event_name, "data": data}
    async_to_sync(get_channel_layer().group_send)(f"room-{cls}-{pk:d}", event)


def send_notification(user_pk, message, id=None, level="info", links=None):
    _keep({"user": user_pk, "text": message, "id": id, "level": level, "links": links or []})
    event = {"type": "notification_message", "id": id, "level": level, "text": message, "links": links or []}
    async_to_sync(get_channel_layer().group_send)(f"notif-{user_pk}", event)
