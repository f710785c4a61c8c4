"""What Globus does on a bad day, without anybody dying: always one model, or words that say what to do."""

import json
from pathlib import Path

import pytest

from armarius.client.config import GlobusSiteConfig, read_config
from support.cli import Home, until
from support.federation import Federation, Institution

from .conftest import Train, drive, fresh_pages, in_mid_training, one_model, run_of


@pytest.fixture
def calibrate(home: Home) -> str:
    """The id of alpha's function, by which the cloud knows its tasks."""
    site = read_config(home.path / "config").site("alpha")
    assert isinstance(site, GlobusSiteConfig)
    return str(site.functions["calibrate"].id)


# Compute -----------------------------------------------------------------------------------------------------------


def test_the_result_is_lost(made: Federation, home: Home, train: Train, calibrate: str) -> None:
    """report.json is the truth."""
    made.cloud.faults.lose_results(calibrate)
    drive(home, train())
    assert not made.cloud.faults.pending(), "it was lost"


def test_the_result_is_older_than_the_service_keeps_it(
    made: Federation, home: Home, train: Train, calibrate: str
) -> None:
    made.cloud.faults.expire_results(calibrate)
    drive(home, train())
    assert not made.cloud.faults.pending(), "it has gone"


def test_the_task_is_delivered_twice(
    made: Federation, alpha: Institution, home: Home, train: Train, calibrate: str
) -> None:
    made.cloud.faults.deliver_twice(calibrate)
    job = train()
    drive(home, job)
    assert not made.cloud.faults.pending(), "it was delivered twice"
    starts = [line for line in run_of(alpha, job).read_progress()[0] if line.phase.value == "preparing"]
    assert len(starts) <= 1, "one engine"


def test_the_service_takes_a_submission_and_says_502(
    made: Federation, alpha: Institution, home: Home, train: Train
) -> None:
    """The SDK sends it again, so that the task runs twice: once is enough."""
    made.cloud.faults.answer("/v3/endpoints/*/submit", 502, method="POST", after=True, times=2)
    job = train()
    drive(home, job)
    assert len(home.show(job)["runs"]) == 1


def test_all_tokens_expire_in_the_middle(made: Federation, alpha: Institution, home: Home, train: Train) -> None:
    job = train(epochs=40)
    with home.started("watch", job) as driver:
        until(lambda: in_mid_training(alpha, job), "an engine in mid-training", driver)
        made.cloud.faults.expire_tokens()
        output = driver.communicate(timeout=300)[0]
    assert driver.returncode == 0, output
    one_model(home, job)


# Transfer ----------------------------------------------------------------------------------------------------------


def test_a_copy_is_corrupted_on_the_way(made: Federation, home: Home, train: Train, tmp_path: Path) -> None:
    made.cloud.faults.corrupt_copy()
    drive(home, train(folder=fresh_pages(tmp_path)))
    assert not made.cloud.faults.pending(), "it was corrupted"


def test_copies_are_always_corrupted(made: Federation, home: Home, train: Train, tmp_path: Path) -> None:
    """After three attempts it is given up, in words; mended, the job goes on."""
    fault = made.cloud.faults.corrupt_copy(times=None)
    job = train(folder=fresh_pages(tmp_path))
    home.run("watch", job, code=1)
    error = home.show(job)["error"]
    assert "checksum" in error
    assert not list(Path(home.show(job)["output"]).glob("*.mlmodel"))
    made.cloud.faults.remove(fault)
    home.run("resume", job)
    one_model(home, job)


def test_a_transfer_is_paused_by_an_administrator(made: Federation, home: Home, train: Train, tmp_path: Path) -> None:
    pause = made.cloud.faults.pause("back at nine")
    job = train(folder=fresh_pages(tmp_path))
    log = tmp_path / "watch.log"
    with home.started("watch", job, output=log) as driver:
        until(lambda: "back at nine" in log.read_text(), "the administrator's words", driver)
        made.cloud.faults.remove(pause)
        driver.wait(300)
    assert driver.returncode == 0, log.read_text()
    one_model(home, job)


def test_a_job_is_cancelled_while_its_files_move(made: Federation, home: Home, train: Train, tmp_path: Path) -> None:
    made.cloud.faults.slow_copy(500)
    job = train(folder=fresh_pages(tmp_path))
    with home.started("watch", job) as driver:
        until(lambda: made.cloud.stats().count("POST /v0.10/transfer"), "a transfer", driver)
        home.run("cancel", job)
        driver.communicate(timeout=60)
    assert home.show(job)["state"] == "cancelled"
    assert made.cloud.stats().count("POST /v0.10/task/{id}/cancel"), "the transfer, too"


@pytest.mark.parametrize(("quota", "said"), [(False, "may not read or write"), (True, "no room left")])
def test_the_destination_refuses(
    made: Federation, home: Home, train: Train, tmp_path: Path, quota: bool, said: str
) -> None:
    made.cloud.faults.refuse_copy(quota=quota, fatal=True)
    job = train(folder=fresh_pages(tmp_path))
    output = home.run("watch", job, code=1)
    assert said in output
    assert "resume" in output


# Refusals ----------------------------------------------------------------------------------------------------------


def refused(made: Federation, home: Home, tmp_path: Path, old: str, new: str) -> str:
    """Changes alpha's site file, and returns why the site cannot be used any more."""
    site = home.path / "config" / "sites" / "alpha.toml"
    before = site.read_text()
    assert old in before
    try:
        site.write_text(before.replace(old, new))
        told = {each["name"]: each for each in json.loads(home.run("sites", "--json"))}
        assert told["beta"]["state"] == "online", "one bad site does not harm the others"
        assert told["alpha"]["state"] == "silent"
        return str(told["alpha"]["trouble"])
    finally:
        site.write_text(before)


def test_a_function_outside_the_allow_list(made: Federation, home: Home, tmp_path: Path) -> None:
    """Beta's function exists, and is not allowed on alpha."""
    sites = {site.name: site for site in read_config(home.path / "config").sites}
    alpha, beta = sites["alpha"], sites["beta"]
    assert isinstance(alpha, GlobusSiteConfig)
    assert isinstance(beta, GlobusSiteConfig)
    said = refused(made, home, tmp_path, str(alpha.functions["probe"].id), str(beta.functions["probe"].id))
    assert "refuses" in said
    assert "armarius endpoint register" in said


def test_functions_of_another_release(made: Federation, home: Home, tmp_path: Path) -> None:
    digest = next(iter(read_config(home.path / "config").site("alpha").functions.values())).sha256
    assert "functions of another release" in refused(made, home, tmp_path, digest, "0" * 64)


def test_settings_that_the_endpoint_does_not_offer(made: Federation, home: Home, train: Train) -> None:
    site = home.path / "config" / "sites" / "alpha.toml"
    before = site.read_text()
    try:
        site.write_text('project = "gold"\n' + before)
        output = home.run("watch", train(), code=1)
    finally:
        site.write_text(before)
    assert "does not take these settings" in output
    assert "gold" in output or "project" in output


def test_an_identity_that_nobody_let_in(made: Federation, home: Home, tmp_path: Path) -> None:
    """The pool's own identity is a stranger to an endpoint that lets in nobody but its owner."""
    said = refused(made, home, tmp_path, 'identity = "ALPHA"\n', "")
    assert "identity" in said
    assert "operator" in said
