import json
import threading
from pathlib import Path
from typing import Any

import pytest

from armarius.client.campaigns.campaign import Campaign
from armarius.client.cli import campaign as campaign_command
from armarius.functions.contracts import Outcome
from support.campaign_pool import reads
from support.desk import Bench
from support.scans import coreml, scans

from .conftest import Armarius


@pytest.fixture(autouse=True)
def home(made: Bench, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of the test's own; its site is this machine, as the bench's is called."""
    monkeypatch.setenv("ARMARIUS_HOME", str(made.folder / "home"))
    sites = made.folder / "home" / "config" / "sites"
    sites.mkdir(parents=True)
    (sites / "alpha.toml").write_text(
        'root = "/nowhere"\nkraken_python = "python"\n[[shapes]]\nname = "s"\ncpus = 1\nmemory = 1000\n'
    )
    return made.folder / "home"


def state(output: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(output.splitlines()[-1])
    return told


def test_from_a_folder_to_its_pages(armarius: Armarius, made: Bench) -> None:
    reads(made)
    scans(made.folder / "scans", 4)
    done = armarius("campaign", "start", "scans", "-o", "out")
    assert "finished   4 of 4 pages" in done.output
    assert (made.folder / "out" / "0004-f4.xml").exists()
    told = state(armarius("campaign", "show", "out", "--json").stdout)
    assert (told["state"], told["done"], told["left_out"], told["parts"]) == ("finished", 4, 0, [])
    assert state(armarius("campaign", "watch", "out", "--json").stdout)["done"] == 4


def test_with_models_and_what_was_done_before(armarius: Armarius, made: Bench) -> None:
    reads(made)
    scans(made.folder / "scans", 2)
    coreml(made.folder / "r.mlmodel")
    start = ("campaign", "start", "scans", "-m", "r.mlmodel", "-f", "text", "-f", "alto", "--base-dir", "R", "-p", "9")
    armarius(*start, "-o", "first")
    assert (made.folder / "first" / "0001-f1.txt").read_text() == "transcribe text f1\n"
    jobs = len(made.journal.jobs())
    scans(made.folder / "scans", 1, first=3)
    armarius(*start, "-o", "first", code=2)
    told = state(armarius(*start, "-o", "second", "--reuse", "first", "--json").stdout)
    assert told["done"] == 3
    (row,) = made.journal.jobs()[jobs:]
    assert sorted(path.name for path in (made.folder / "second").glob("*.txt")) == [
        "0001-f1.txt", "0002-f2.txt", "0003-f3.txt",
    ]  # fmt: skip
    assert row.request.model is not None
    assert row.request.pages is not None
    assert (row.request.pages.bidi_reordering, row.request.pages.padding) == ("R", 9)


def test_paused_resumed_and_cancelled(armarius: Armarius, made: Bench) -> None:
    reads(made)
    scans(made.folder / "scans", 3)
    assert "ready" in armarius("campaign", "start", "scans", "-o", "out", "--detach").output
    assert armarius("campaign", "pause", "out").output.startswith("paused")
    assert state(armarius("campaign", "watch", "out", "--json", code=130).stdout)["state"] == "paused"
    assert armarius("campaign", "cancel", "out").output.splitlines()[-1].startswith("cancelled")
    assert made.journal.jobs() == []
    assert "finished" in armarius("campaign", "resume", "out").output


def test_what_stopped_says_why(armarius: Armarius, made: Bench) -> None:
    reads(made, outcome=Outcome.FAILED)
    scans(made.folder / "scans", 2)
    stopped = armarius("campaign", "start", "scans", "-o", "out", code=1)
    assert "parts in a row failed" in stopped.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "does not exist"),
        (("scans", "-f", "text"), "have no text"),
        (("scans", "-f", "alto", "-f", "alto"), "named twice"),
        (("scans", "--pad", "9999"), "--padding"),
        (("scans", "--site", "beta"), "There is no site 'beta'"),
        (("scans", "--only-tag", "eu"), "No site bears the tag"),
        (("scans", "--per-second", "0"), "--per-second: "),
        (("scans", "--allow", "a b"), "--allow: "),
        (("scans", "-m", "nothing.mlmodel"), "nothing.mlmodel"),
        (("http://127.0.0.1:9/manifest",), "inside of a network"),
        (("file:///etc/passwd",), "does not exist"),
    ],
)
def test_what_cannot_be_is_refused(armarius: Armarius, made: Bench, arguments: tuple[str, ...], said: str) -> None:
    scans(made.folder / "scans", 1)
    code = 1 if "site" in said or "tag" in said or "network" in said else 2
    refused = armarius("campaign", "start", *arguments, "-o", "out", code=code)
    assert said in refused.output
    assert "Traceback" not in refused.output
    assert not (made.folder / "out" / "campaign" / "asked.json").exists()


def test_a_folder_that_holds_none_says_so(armarius: Armarius) -> None:
    for command in ("show", "watch", "pause", "resume", "cancel"):
        assert "holds no campaign" in armarius("campaign", command, "nowhere", code=2).output


def test_what_another_process_works_on_is_followed(
    armarius: Armarius, made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(made)
    scans(made.folder / "scans", 3)
    armarius("campaign", "start", "scans", "-o", "out", "--detach")
    campaign = Campaign(made.folder / "out")
    looked, gone = threading.Event(), threading.Event()
    monkeypatch.setattr(campaign_command, "LOOK_SECONDS", 0.01)

    def other() -> None:
        with campaign.place.locked():
            looked.set()
            gone.wait(20)

    thread = threading.Thread(target=other)
    thread.start()
    looked.wait(20)
    threading.Timer(0.3, gone.set).start()
    assert "running" in armarius("campaign", "watch", "out").output
    thread.join()
    assert campaign.status().counts["done"] == 3
