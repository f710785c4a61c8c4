"""eScriptorium's Celery app with the pool in the place of its training bodies.

``celery -A armarius.client.escriptorium.worker worker -Q gpu`` is all that changes in an eScriptorium: only the command
of the worker that trains.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """Makes the app when Celery asks for it: without eScriptorium this module can be imported all the same."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from armarius.client.escriptorium.hooks import install
    from armarius.client.escriptorium.host.program import celery_app

    return install(celery_app())
