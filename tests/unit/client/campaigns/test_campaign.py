"""Whole campaigns, from a source to a folder of results."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from armarius.client import campaigns
from armarius.client.campaigns.asked import Work
from armarius.client.campaigns.campaign import Campaign
from armarius.client.campaigns.errors import BadSource, CampaignBusy, CampaignDamaged, CampaignNotFound
from armarius.client.campaigns.standing import CampaignState, Standing
from armarius.client.campaigns.web.manners import Manners
from armarius.client.errors import OutputTaken
from armarius.client.testing import FakeClock
from armarius.client.testing.chunks import FakeChunks, FakeReader
from armarius.functions.contracts import BadInput
from armarius.functions.files import sha256_of
from support.campaigns import MODEL
from support.manifests import canvas_3, manifest_3
from support.pages import image_bytes
from support.web import Answer, Web

WORK = Work(task="segment")


def pages(folder: Path, count: int = 5) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        (folder / f"p{number}.png").write_bytes(image_bytes(number))
    return folder


def pool(folder: Path, **reader: Any) -> FakeChunks:
    return FakeChunks(folder / "pool", FakeClock(), {"alpha": FakeReader(**reader)})


def drive(campaign: Campaign, chunks: FakeChunks, folder: Path, **more: Any) -> Standing:
    return campaign.drive(chunks, shelf=folder / "shelf", clock=chunks.clock, **more)


def test_a_folder_of_images(tmp_path: Path) -> None:
    campaign = Campaign.begin(pages(tmp_path / "scans", 12), tmp_path / "out", WORK, shelf=tmp_path / "shelf")
    assert campaign.status().state is CampaignState.READY
    seen: list[Standing] = []
    standing = drive(campaign, pool(tmp_path), tmp_path, seen=seen.append)
    assert (standing.state, standing.through) == (CampaignState.FINISHED, 12)
    assert {each.state for each in seen} == {CampaignState.RUNNING, CampaignState.FINISHED}
    campaign.pause()
    campaign.cancel()
    assert Campaign(tmp_path / "out").status().state is CampaignState.FINISHED
    assert not campaign.place.pause_path.exists() and not campaign.place.cancel_path.exists()
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"{n:04d}-p{n}.xml" for n in range(1, 13)] + ["campaign", "pages.json"]
    told = json.loads((tmp_path / "out" / "pages.json").read_text())
    assert (told["name"], told["counts"]) == ("scans", {"pages": 12, "done": 12, "left_out": 0})
    assert told["pages"][9]["image"]["sha256"] == sha256_of(tmp_path / "scans" / "p10.png")


def test_a_manifest_on_the_web_with_all_that_may_be_wrong(server: Web, tmp_path: Path) -> None:
    def service(name: str) -> str:
        return server.url(f"/{name}")

    canvases = [
        canvas_3({"en": ["../f. 1r"]}, service("a")),
        canvas_3("f. 1v", service("b")),
        canvas_3("f. 2r", None, "file:///etc/passwd"),
        canvas_3("f. 2v", None, "http://169.254.169.254/latest/meta-data"),
        canvas_3("f. 3r", service("page-of-errors")),
        canvas_3("f. 3v", service("gone")),
    ]
    server.says["/manifest"] = Answer(json.dumps(manifest_3(*canvases)).encode())
    server.says["/a/full/max/0/default.jpg"] = [Answer(status=503), Answer(image_bytes(1))]
    server.says["/b/full/max/0/default.jpg"] = Answer(image_bytes(2, form="JPEG"))
    server.says["/page-of-errors/full/max/0/default.jpg"] = Answer(b"<html>")
    manners = Manners(per_second=50, allowed=(server.host,))
    how: dict[str, Any] = {"manners": manners, "shelf": tmp_path / "shelf"}
    campaign = Campaign.begin(server.url("/manifest"), tmp_path / "out", WORK, **how)
    standing = drive(campaign, pool(tmp_path), tmp_path)
    assert (standing.state, dict(standing.counts)) == (CampaignState.FINISHED, {"done": 2, "left out": 4})
    out = tmp_path / "out"
    assert sorted(path.name for path in out.glob("*.xml")) == ["0001-f.-1r.xml", "0002-f.-1v.xml"]
    assert {path.name for path in out.iterdir()} >= {"0001-f.-1r.png", "0002-f.-1v.jpg"}
    reasons = (out / "left-out.txt").read_text()
    for reason in ("only http and https", "inside of a network", "is no image", "404"):
        assert reason in reasons
    told = json.loads((out / "pages.json").read_text())["pages"]
    assert told[0]["image"]["file"] == "0001-f.-1r.png"
    # Again, with another model: the server is not asked for anything that is fresh.
    before = len(server.asked)
    other = Work(task="transcribe", model=MODEL)
    again = Campaign.begin(server.url("/manifest"), tmp_path / "read", other, **how)
    drive(again, pool(tmp_path / "2"), tmp_path)
    asked_again = {request.path for request in server.asked[before:]}
    assert asked_again == {"/page-of-errors/full/max/0/default.jpg", "/gone/full/max/0/default.jpg"}


def test_a_list_of_addresses(server: Web, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text(f"{server.url('/p1.png')}\n{server.url('/p2.png')}\n")
    server.says |= {"/p1.png": Answer(image_bytes(1)), "/p2.png": Answer(image_bytes(1))}
    manners = Manners(per_second=50, allowed=(server.host,))
    campaign = Campaign.begin(tmp_path / "letters.txt", tmp_path / "out", WORK, manners=manners, name="Letters")
    chunks = pool(tmp_path)
    assert drive(campaign, chunks, tmp_path).state is CampaignState.FINISHED
    assert len(list((tmp_path / "out").glob("*.xml"))) == 2
    assert sum(len(part.chunk.images) for part in chunks.parts.values()) == 1  # both show the same


def test_begun_again_it_is_the_same(tmp_path: Path) -> None:
    scans = pages(tmp_path / "scans")
    first = Campaign.begin(scans, tmp_path / "out", WORK)
    assert Campaign.begin(scans, tmp_path / "out", WORK).asked.id == first.asked.id
    with pytest.raises(OutputTaken, match="another campaign"):
        Campaign.begin(scans, tmp_path / "out", Work(task="segment", formats=("page",)))
    pages(scans, 6)
    with pytest.raises(BadSource, match="has changed") as caught:
        Campaign.begin(scans, tmp_path / "out", WORK)
    assert "--reuse" in caught.value.hint


def test_nothing_of_others_is_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work")
    with pytest.raises(OutputTaken):
        Campaign.begin(pages(tmp_path / "scans"), tmp_path / "thesis", WORK)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter1.txt"]
    with pytest.raises(BadInput, match="cannot be written"):
        Campaign.begin(tmp_path / "scans", tmp_path / "thesis" / "chapter1.txt" / "out", WORK)
    with pytest.raises(CampaignNotFound):
        Campaign(tmp_path / "thesis")
    with pytest.raises(BadSource, match="does not exist"):
        Campaign.begin(tmp_path / "nowhere", tmp_path / "out", WORK)


def test_results_may_lie_within_the_source(tmp_path: Path) -> None:
    scans = pages(tmp_path / "scans")
    campaign = Campaign.begin(scans, scans / "out", WORK)
    (scans / "out" / "0001-p1.png").write_bytes(image_bytes(1))
    assert Campaign.begin(scans, scans / "out", WORK).asked.pages == campaign.asked.pages


def test_paused_left_and_resumed(tmp_path: Path) -> None:
    campaign = Campaign.begin(pages(tmp_path / "scans", 30), tmp_path / "out", WORK)
    chunks = pool(tmp_path, rate=0.5)

    def pause(standing: Standing) -> None:
        if standing.now.parts:
            campaign.pause()

    standing = drive(campaign, chunks, tmp_path, seen=pause)
    assert standing.state is campaign.status().state is CampaignState.PAUSED
    assert standing.counts["done"] + standing.counts["held"] + standing.counts["asked"] == 30
    campaign.resume()
    assert campaign.status().state is CampaignState.READY
    stop = threading.Event()

    def leave(_: Standing) -> None:
        stop.set()

    assert drive(campaign, chunks, tmp_path, seen=leave, stop=stop).state is CampaignState.RUNNING
    assert campaign.status().state is CampaignState.READY
    assert drive(campaign, chunks, tmp_path).counts["done"] == 30


def test_cancelled_and_resumed(tmp_path: Path) -> None:
    campaign = Campaign.begin(pages(tmp_path / "scans", 10), tmp_path / "out", WORK)
    chunks = pool(tmp_path, rate=0.5)

    def cancel(standing: Standing) -> None:
        if standing.now.parts and standing.now.parts[0].done:
            campaign.cancel()

    standing = drive(campaign, chunks, tmp_path, seen=cancel)
    assert standing.state is CampaignState.CANCELLED
    campaign.resume()
    assert drive(campaign, chunks, tmp_path).counts["done"] == 10


def test_what_stopped_says_why_and_goes_on(tmp_path: Path) -> None:
    campaign = Campaign.begin(pages(tmp_path / "scans", 10), tmp_path / "out", WORK)
    chunks = pool(tmp_path)
    chunks.broken = "the model is for kraken 9"
    standing = drive(campaign, chunks, tmp_path)
    assert standing.state is CampaignState.STOPPED
    assert "kraken 9" in standing.why == campaign.status().why
    chunks.broken = ""
    campaign.resume()
    assert drive(campaign, chunks, tmp_path).state is CampaignState.FINISHED


def test_two_processes_do_not_work_on_one(tmp_path: Path) -> None:
    campaign = Campaign.begin(pages(tmp_path / "scans"), tmp_path / "out", WORK)
    with campaign.place.locked():
        assert campaign.status().state is CampaignState.RUNNING
        with pytest.raises(CampaignBusy):
            drive(Campaign(tmp_path / "out"), pool(tmp_path), tmp_path)
        campaign.pause()
        assert campaign.status().state is CampaignState.PAUSING
        campaign.cancel()
        assert campaign.status().state is CampaignState.CANCELLING


def test_a_description_that_was_changed_is_told(tmp_path: Path) -> None:
    campaign = Campaign.begin(pages(tmp_path / "scans"), tmp_path / "out", WORK)
    campaign.place.asked_path.write_text("{}")
    with pytest.raises(CampaignDamaged, match="cannot be understood"):
        Campaign(tmp_path / "out")


def test_a_disk_that_is_full_stops_it_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = Campaign.begin(pages(tmp_path / "scans"), tmp_path / "out", WORK)
    chunks = pool(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("armarius.client.campaigns.filing.write_bytes", _full)
        with pytest.raises(OSError, match="No space"):
            drive(campaign, chunks, tmp_path)
    assert drive(campaign, chunks, tmp_path).counts["done"] == 5
    assert len(chunks.parts) == 1


def _full(_path: Path, _content: bytes) -> None:
    raise OSError(28, "No space left on device")


def test_the_package_exports_what_scripts_need() -> None:
    assert campaigns.Campaign is Campaign
    assert {name for name in campaigns.__all__ if getattr(campaigns, name).__name__ != name} == set()
    with pytest.raises(AttributeError, match="nothing"):
        campaigns.nothing  # noqa: B018
