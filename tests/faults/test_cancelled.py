"""``armarius cancel`` and Ctrl-C, while kraken trains."""

import signal

from support.cli import Home, engine_of, until

CANCEL_SECONDS = 5.0
"""What the contract gives: the kraken child is gone by then."""


def test_cancel_ends_the_engine(home: Home, job: str) -> None:
    run_id = f"{job}-1"
    with home.started("watch", job) as driver:
        engine = until(lambda: home.rundir(run_id).read_progress()[0] and engine_of(run_id), "a training", driver)
        with home.started("cancel", job) as canceller:
            until(lambda: home.rundir(run_id).cancel_path.exists(), "the wish to cancel on the site")
            engine.wait(CANCEL_SECONDS)
            assert f"job {job} is cancelled" in canceller.communicate()[0]
        driver.communicate()
    assert driver.returncode == 3
    shown = home.show(job)
    assert (shown["state"], shown["runs"][0]["report"]["outcome"]) == ("cancelled", "cancelled")
    assert "CER" in home.run("resume", job), "and it can be resumed"


def test_ctrl_c_leaves_a_checkpoint_and_resume_goes_on(home: Home, job: str) -> None:
    run_id = f"{job}-1"
    with home.started("watch", job) as driver:
        until(lambda: home.rundir(run_id).newest_checkpoint(), "a checkpoint", driver)
        driver.send_signal(signal.SIGINT)
        output = driver.communicate()[0]
    assert driver.returncode == 130, output
    assert f"armarius resume {job}" in output
    assert engine_of(run_id) is None
    left = home.rundir(run_id).report()
    assert (left.outcome.value, left.reason and left.reason.value) == ("paused", "asked")
    assert "CER" in home.run("resume", job)
    shown = home.show(job)
    assert [epoch["number"] for epoch in shown["runs"][-1]["report"]["epochs"]] == list(range(1, 13))
