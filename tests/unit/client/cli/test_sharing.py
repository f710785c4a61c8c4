import json

from armarius.functions.contracts import RunSpec, Shape, Task, Usage
from support.accounts import a_job
from support.desk import Bench
from support.jobs import epochs, train_report

from .conftest import Armarius

HALF = Shape(name="half", cpus=2, memory=8 * 2**30, gpus=1, gpu_memory=8 * 2**30, sharing=2)
WHOLE = HALF.model_copy(update={"name": "whole", "sharing": 1})


def trained(made: Bench, neighbours: float | None, slower: float, shape: Shape = HALF, *, site: str = "alpha") -> None:
    """A training that has ended, and took so many times what trainings take."""
    job_id, now = a_job(made.journal, made.clock.now()), made.clock.now()
    spec = RunSpec(run_id=f"{job_id}-1", task=Task.TRAIN, dataset="0" * 64)
    usage = Usage(seconds=9.0, neighbours=neighbours)
    done = tuple(epoch.model_copy(update={"seconds": slower * epoch.seconds}) for epoch in epochs(3))
    report = train_report(spec.run_id, usage=usage, epochs=done).model_dump(mode="json")
    assert made.journal.claim(job_id, "me", now, 60)
    made.journal.open_run(job_id, "me", now, site=site, spec=spec, shape=shape, walltime=None, number=1, message="")
    made.journal.heard(job_id, "me", spec.run_id, [], 0, report)


def test_shares_on_which_less_is_done_are_told(armarius: Armarius, made: Bench) -> None:
    trained(made, 0.0, 1.0)
    trained(made, 1.0, 2.5)
    trained(made, 0.0, 9.0, site="elsewhere")
    trained(made, None, 9.0, WHOLE)
    trained(made, None, 9.0)  # before neighbours were counted
    (row,) = json.loads(armarius("site", "sharing", "alpha", "--json").stdout)
    assert (row["shape"], row["alone"], row["together"], row["neighbours"]) == ("half", 1, 1, 1.0)
    assert abs(row["gain"] - 2 / 2.5) < 1e-6
    assert "lower sharing" in armarius("site", "sharing", "alpha").stdout


def test_a_site_where_nothing_was_shared(armarius: Armarius) -> None:
    assert "No training at alpha has shared a GPU" in armarius("site", "sharing", "alpha").stderr
