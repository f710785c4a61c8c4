"""``python -m armarius.functions.engine.pagework.worker RUN_ID GPU``: does pages for the engine that started it.

Orders come by standard input, answers go by standard output. It writes no file of the run: only the engine does, which
holds the run's lock. At the end of its input it ends at once, in the middle of a page, too.
"""

import os
import queue
import signal
import sys
import threading
from typing import IO

ORPHANED = 75
"""Exit code of a worker whose engine is gone, or wants it no more (EX_TEMPFAIL)."""


def main(run_id: str, gpu: str) -> None:
    """Loads the models and does what is ordered until nobody orders any more.

    Args:
        run_id: The run; its ``spec.json`` is there.
        gpu: The number of a GPU, or "-" for the processor.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the engine decides
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print belongs to the log
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(orders,), name="orders", daemon=True).start()

    from armarius.functions.engine.pagework.crafting import Craft

    craft = Craft.learn(run_id, None if gpu == "-" else int(gpu))
    _say(answers, craft.first_word.model_dump_json())
    while craft.is_able:
        _say(answers, craft.do(orders.get()).model_dump_json())


def _say(stream: IO[str], line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


def _hear(orders: "queue.SimpleQueue[str]") -> None:
    """Reads orders until end of file, without Python's buffer, whose lock a daemon thread must not hold at the end."""
    rest = b""
    while received := os.read(0, 4096):
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            orders.put(line.decode())
    os._exit(ORPHANED)


if __name__ == "__main__":
    main(*sys.argv[1:])
