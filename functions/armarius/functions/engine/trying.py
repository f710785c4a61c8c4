"""Trying one way to train on a copy of the network: some steps, the largest first."""

import copy
import gc
import time
from typing import Any

from lightning.pytorch.callbacks import Callback

from armarius.functions.contracts import Choice, Phase, Reason, Task, Trial
from armarius.functions.engine.choosing import Wish, batch_sizes, choose
from armarius.functions.engine.cost import StepTimes
from armarius.functions.engine.kind import Kind
from armarius.functions.engine.patience import Patience
from armarius.functions.engine.session import Session
from armarius.functions.engine.settling import settle
from armarius.functions.engine.trainer import build_trainer
from armarius.functions.faults import explain

STEPS = 4
"""Steps that are timed, from narrow to wide, after the largest, which is not: a first step allocates."""

ENOUGH = 20.0
"""Seconds after which a trial ends with fewer."""

HEADROOM = 1.15
"""Allowed over expected memory: a step that would come closer to what is allowed is not tried."""

_TOO_MUCH = (Reason.OUT_OF_MEMORY, Reason.OUT_OF_GPU_MEMORY)


def choose_for(session: Session, kind: Kind[Any], module: Any, prepared: Any) -> Choice:
    """Finds out with how many lines a step, and in what arithmetic, a training is fastest here.

    A calibration tries the largest step even where nothing is left to choose: its memory decides on the shape.

    Args:
        session: The run; its progress tells what is tried.
        kind: What is trained.
        module: The network at its start; it is only copied.
        prepared: The pages.
    """
    asked = session.spec.parameters
    precisions = session.device.precisions if asked.precision == "auto" else (asked.precision,)
    if asked.lines_per_step and len(precisions) == 1 and session.spec.task is not Task.CALIBRATE:
        return Choice(batch_size=asked.lines_per_step, precision=precisions[0])
    trials = Trials(session, kind, module, prepared)
    sizes = [asked.lines_per_step] if asked.lines_per_step else batch_sizes(trials.lines)
    return choose(trials, sizes, precisions, Patience.of(asked).span()[0])


class Stopwatch(Callback):  # type: ignore[misc]
    """Times the steps of a trial.

    Args:
        session: Asked whether to go on.
        kind: What is trained.
    """

    def __init__(self, session: Session, kind: Kind[Any]) -> None:
        self._session = session
        self._kind = kind
        self._begun = self._mark = 0.0
        self.times = StepTimes()

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Brings the copy into the form in which it would be trained."""
        settle(self._session, self._kind, trainer, module)
        self._begun = self._mark = time.monotonic()

    def on_train_batch_end(self, trainer: Any, _module: Any, outputs: Any, batch: Any, _number: int) -> None:
        """Counts a step, once it is done: a GPU computes on its own until its loss is read."""
        float(outputs["loss"].detach())
        now = time.monotonic()
        self.times.add(self._kind.batch_size(batch)[1], now - self._mark)
        self._mark = now
        self._session.stop_if_asked()
        if self.times.steps and now - self._begun > ENOUGH:
            trainer.should_stop = True


class Trials:
    """Tries ways to train; each begins with the same copy of the network, and leaves nothing behind.

    Args:
        session: The run.
        kind: What is trained.
        module: The network at its start.
        prepared: The pages.

    Attributes:
        lines: Lines, or pages, to train on.
    """

    def __init__(self, session: Session, kind: Kind[Any], module: Any, prepared: Any) -> None:
        self._session = session
        self._kind = kind
        self._module = module
        self._prepared = prepared
        copied = copy.deepcopy(module)
        data = kind.data(prepared, copied)
        self._order = data.sampler.order
        self._height = kind.cost(prepared, data, copied).height
        self.lines = len(self._order.of(1))
        self._largest = (0, 0)

    def __call__(self, wish: Wish) -> Trial:
        """Tries one way."""
        self._session.stop_if_asked()
        self._session.progress(Phase.CALIBRATING, message=f"trying {wish}")
        order = self._order.of(wish.batch_size)
        failed = Trial(batch_size=wish.batch_size, precision=wish.precision, epoch_seconds=None)
        if self._too_large(order.widest()):
            return failed
        try:
            times, memory = self._train(wish, [order.largest(), *order.typical(STEPS)])
        except (RuntimeError, MemoryError) as fault:
            if explain(fault)[0] not in _TOO_MUCH:
                raise
            return failed
        finally:
            gc.collect()
            self._session.device.forget_peak()
        self._largest = (order.widest(), memory)
        pixels = self._height * sum(map(order.padded_width, order.epoch(0)))
        return failed.model_copy(update={"epoch_seconds": times.seconds_per_pixel * pixels, "memory": memory})

    def _train(self, wish: Wish, batches: list[list[int]]) -> tuple[StepTimes, int]:
        """Trains some batches, and returns their times and the memory that they took."""
        module = copy.deepcopy(self._module)
        data = self._kind.data(self._prepared, module)
        data.sampler = batches
        parameters = self._session.spec.parameters.settled(wish.batch_size, wish.precision)
        watch = Stopwatch(self._session, self._kind)
        trainer = build_trainer(self._session, [watch], parameters.model_copy(update={"epochs": 1}))
        trainer.limit_val_batches = 0
        device = self._session.device
        device.forget_peak()
        before = device.used()
        trainer.fit(module, data)
        return watch.times, max(0, device.peak() - before)

    def _too_large(self, widest: int) -> bool:
        """Tells whether the largest step would take more main memory than is allowed, judging by a smaller one.

        Whoever takes too much of it is killed; a GPU only says so.
        """
        limits = self._session.spec.limits
        before, memory = self._largest
        if not before or limits.memory is None or limits.gpus:
            return False
        return self._session.device.used() + memory * widest / before > limits.memory / HEADROOM
