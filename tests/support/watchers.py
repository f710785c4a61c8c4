"""What the Compute SDK leaves behind when an Executor has ended: threads that still watch for results."""

import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from globus_compute_sdk.sdk.executor import _RESULT_WATCHERS


@contextmanager
def none_left() -> Iterator[None]:
    """After the block, no watcher lives, whatever it still waits for; nor do the sockets that pika forgets to close."""
    try:
        yield
    finally:
        watchers: list[threading.Thread] = list(_RESULT_WATCHERS.values())
        for watcher in list(_RESULT_WATCHERS.values()):
            watcher.shutdown(wait=False, cancel_futures=True)
        for thread in watchers:
            thread.join(30.0)
        watchers.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
