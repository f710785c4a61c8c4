"""calibrate → train → model home, on each of two endpoints."""

import json
import signal
from pathlib import Path

from armarius.functions.contracts import Outcome, TrainReport
from armarius.functions.files import sha256_of
from support.cli import Home, until
from support.federation import Federation

from .conftest import EPOCHS, Train, all_ended, one_model, run_of


def test_two_institutions_train_for_one_pool(made: Federation, home: Home, train: Train) -> None:
    """One process drives both; each model comes from the institution that was asked, and the models of its epochs."""
    jobs = {name: train("--versions", "mlmodel", site=name, name=name) for name in made.institutions}
    with home.started("serve") as driver:
        until(lambda: all_ended(home, jobs.values()), "the end of both", driver)
        driver.send_signal(signal.SIGINT)
        driver.wait(60)
    for name, job in jobs.items():
        one_model(home, job)
        assert [run["site"] for run in home.show(job)["runs"]] == [name]
        report = run_of(made.institutions[name], job).report()
        assert report.outcome is Outcome.FINISHED
        assert report.versions.kraken.startswith("7.")
        assert isinstance(report, TrainReport)
        brought = Path(home.show(job)["output"]) / "epochs"
        assert [sha256_of(path) for path in sorted(brought.iterdir())] == [
            model.sha256 for model in report.epoch_models
        ]
        assert len(report.epoch_models) == EPOCHS


def test_the_same_pages_are_sent_once(made: Federation, home: Home, train: Train) -> None:
    first = train(name="first")
    home.run("watch", first)
    before = made.cloud.stats()
    second = train("--checkpoint-every", "60", name="second")  # none comes home meanwhile
    home.run("watch", second)
    moved = {task: size for task, size in made.cloud.stats().transfers.items() if task not in before.transfers}
    assert len(moved) == 1, "only the way home"
    assert "staging" not in [event["state"] for event in home.show(second)["events"]]


def test_the_pool_tells_how_its_sites_are(made: Federation, home: Home) -> None:
    sites = json.loads(home.run("sites", "--json"))
    assert [(site["name"], site["state"]) for site in sites] == [("alpha", "online"), ("beta", "online")]


def test_a_site_is_tried_from_end_to_end(made: Federation, home: Home) -> None:
    steps = json.loads(home.run("site", "check", "beta", "--json"))
    assert [(step["name"], step["good"]) for step in steps] == [
        ("answers", True), ("gets files", True), ("gives files", True), ("computes", True),
    ]  # fmt: skip
