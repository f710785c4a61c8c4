"""Killed at random moments, again and again, a training comes to the same model to the bit."""

import random
import signal
import subprocess

import pytest

from armarius.functions.contracts import Limits, Outcome
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import engine, perform, same_training, tensors

from .conftest import MakeSpec

pytestmark = [pytest.mark.kraken, pytest.mark.slow]

KILLS = 20
OFTEN = Limits(checkpoint_every=0.1)
LONGEST_LIFE = 1.0
"""Seconds that an engine lives at most after its first new checkpoint."""


@pytest.mark.timeout(1200)
def test_twenty_kills(site: Site, make_spec: MakeSpec) -> None:
    epochs = 150
    uncut = perform(site, make_spec("never-killed", epochs=epochs, limits=OFTEN))
    assert uncut.outcome is Outcome.FINISHED, uncut.message
    chance = random.Random(20)
    spec = make_spec("killed", epochs=epochs, limits=OFTEN)
    steps = [0]
    for number in range(KILLS):
        with engine(site, spec) as running:
            running.wait_until(lambda run: _newest(run) > steps[-1])
            with pytest.raises(subprocess.TimeoutExpired):
                running.process.wait(chance.uniform(0, LONGEST_LIFE))
            running.process.send_signal(signal.SIGKILL)
            assert running.process.wait() == -signal.SIGKILL, f"it was over before kill {number + 1}"
        steps.append(_newest(site.run("killed")))
    assert steps == sorted(set(steps)), "every life brought the training on"
    end = perform(site, spec)
    assert end.outcome is Outcome.FINISHED, end.message
    assert same_training(end, uncut)
    assert tensors(site.run("killed")) == tensors(site.run("never-killed"))


def _newest(run: RunDir) -> int:
    reference = run.newest_checkpoint()
    return reference.step if reference else 0
