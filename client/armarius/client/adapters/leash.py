"""Runs a module as a program that cannot outlive the process that started it.

``python -m armarius.client.adapters.leash MODULE ARGUMENTS…``

Parsl's interchange would run on for ever after its driver was killed. It runs in a session of its own besides, so that
Ctrl-C reaches the driver alone, which then ends everything in good order.
"""

import os
import runpy
import sys
import threading
import time

LOOK_SECONDS = 1.0


def main() -> None:
    """Runs the module named by the first argument."""
    parent = os.getppid()
    os.setsid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with(parent: int) -> None:
    """Ends this process as soon as its parent is another: there is no portable event for it."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
