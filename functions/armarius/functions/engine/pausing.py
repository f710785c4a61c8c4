"""A pause while a model is measured."""

from typing import Any

from lightning.pytorch.callbacks import Callback

from armarius.functions.engine.session import Session


class PauseBetweenBatches(Callback):  # type: ignore[misc]
    """Lets a pause end a test or a validation: it is begun anew the next time.

    Args:
        session: The run.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def on_test_batch_end(self, *_: Any) -> None:
        """Leaves if asked."""
        self._session.stop_if_asked()

    def on_validation_batch_end(self, *_: Any) -> None:
        """Leaves if asked."""
        self._session.stop_if_asked()
