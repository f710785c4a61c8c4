"""eScriptorium as a program: where its modules are found."""

import sys
from pathlib import Path
from typing import Any


def celery_app() -> Any:
    """Imports eScriptorium's Celery app, from the folder that holds ``manage.py``.

    A program that pip installed does not look for modules where it is run. ``celery`` does, but only for a moment, and
    children of a worker import eScriptorium's modules later than that; so the folder stays on the path.

    Raises:
        ImportError: There is no eScriptorium in this folder, nor anywhere else on the path.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    from escriptorium.celery import app

    return app
