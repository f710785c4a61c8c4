"""Runs in kraken's environment: cuts one training at given occasions, resumes it, and prints what came of it.

An occasion is a moment at which the engine asks whether it shall pause: after a step, before and within a validation,
after an epoch. ``python cut_everywhere.py RUN_ID OCCASION…`` with the site's root in the environment; the run's spec
is copied for each occasion. Prints one JSON object: the occasion (0: never cut) to the step of its cut and the digests
of all that the last checkpoint holds.
"""

import hashlib
import json
import sys
import threading
import time
from typing import Any

import torch

from armarius.functions.contracts import Outcome
from armarius.functions.engine.session import Paused, Session
from armarius.functions.engine.tasks import perform
from armarius.functions.site import Site


class PauseAt(threading.Event):
    """Is set the n-th time it is asked."""

    def __init__(self, occasion: int) -> None:
        super().__init__()
        self._left = occasion

    def is_set(self) -> bool:
        self._left -= 1
        return self._left == 0


def digest(value: Any) -> str:
    """Hashes nested values and tensors, to the bit."""
    found = hashlib.sha256()

    def feed(part: Any) -> None:
        if isinstance(part, torch.Tensor):
            found.update(part.cpu().numpy().tobytes())
        elif isinstance(part, dict):
            for key in sorted(part, key=str):
                feed(str(key))
                feed(part[key])
        elif isinstance(part, (list, tuple)):
            for item in part:
                feed(item)
        else:
            found.update(repr(part).encode())

    feed(value)
    return found.hexdigest()


def run(site: Site, run_id: str, occasion: int) -> Session:
    session = Session(site, site.run(run_id), site.run(run_id).spec(), PauseAt(occasion), time.monotonic())
    try:
        perform(session)
    except Paused:
        session.note(outcome=Outcome.PAUSED)
    return session


def outcome(session: Session) -> dict[str, Any]:
    assert session.end.checkpoint is not None
    content = torch.load(session.run.checkpoint_path(session.end.checkpoint.step), weights_only=False)
    ledger = content["callbacks"]["armarius"]["ledger"]
    return {
        "outcome": session.end.outcome.value,
        "weights": digest(content["state_dict"]),
        "optimizer": digest(content["optimizer_states"]),
        "schedule": digest(content["lr_schedulers"]),
        "generators": digest(content["callbacks"]["armarius"]["generators"]),
        "best": digest(ledger["best_weights"]),
        "epochs": [{**epoch, "seconds": 0} for epoch in ledger["epochs"]],
        "metrics": session.end.metrics.model_dump(mode="json") if session.end.metrics else None,
        "baseline": session.end.baseline.model_dump(mode="json") if session.end.baseline else None,
        "steps": content["global_step"],
    }


def main(run_id: str, occasions: list[int]) -> None:
    site = Site.from_environment()
    spec = site.run(run_id).spec()
    results = {}
    for occasion in occasions:
        name = f"{run_id}-{occasion}"
        site.run(name).path.mkdir(parents=True)
        site.run(name).write_spec(spec.model_copy(update={"run_id": name}))
        first = run(site, name, occasion)
        cut = None
        if occasion:
            assert first.end.outcome is Outcome.PAUSED, first.end
            assert first.end.checkpoint is not None
            cut = [first.end.checkpoint.epoch, first.end.checkpoint.step]
            first = run(site, name, 0)
        results[occasion] = {"cut": cut, **outcome(first)}
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], [int(occasion) for occasion in sys.argv[2:]])
