import os
from fcntl import LOCK_SH, flock
from pathlib import Path

import pytest

from armarius.client.campaigns.errors import CampaignBusy
from armarius.client.campaigns.place import CampaignPlace
from armarius.functions.files import replacing


def test_what_a_killed_process_left_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    place = CampaignPlace(tmp_path / "out")
    kept = ["0001-a.xml", ".hidden", ".0001-notes.txt", "campaign/chunks/under-way/x.xml", ".git/config"]
    for name in kept:
        (place.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (place.folder / name).touch()
    for name in ("0001-f. 1r.alto.xml", "pages.json", "left-out.txt", "0002-b.jpg", "campaign/now.json"):
        with replacing(place.folder / name) as unfinished:
            unfinished.touch()
        (place.folder / name).rename(unfinished)  # as if it had never got its name
    (place.chunks / "taken-in").mkdir()
    place.sweep(["under-way"])
    assert sorted(str(path.relative_to(place.folder)) for path in place.folder.rglob("*") if path.is_file()) == sorted(
        kept
    )
    assert not (place.chunks / "taken-in").exists()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    place = CampaignPlace(tmp_path)
    assert not place.is_worked_on()
    with place.locked():
        assert place.is_worked_on()
        with pytest.raises(CampaignBusy), place.locked():
            raise AssertionError
    assert not place.is_worked_on()


def test_who_only_asks_keeps_nobody_from_working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = CampaignPlace(tmp_path)
    with place.locked():
        pass
    asking = os.open(place.lock_path, os.O_RDWR)
    flock(asking, LOCK_SH)
    assert not place.is_worked_on(), "another who asks does not work on it"
    monkeypatch.setattr("armarius.client.campaigns.place.time.sleep", lambda _: os.close(asking))
    with place.locked():
        assert place.is_worked_on()


def test_what_blocks_within_is_not_said_to_be_another_process(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), CampaignPlace(tmp_path).locked():
        raise BlockingIOError


def test_the_only_xml_is_simply_called_so(tmp_path: Path) -> None:
    place = CampaignPlace(tmp_path)
    assert place.result_path("0001-a", "alto", ("alto", "text")).name == "0001-a.xml"
    assert place.result_path("0001-a", "text", ("alto", "text")).name == "0001-a.txt"
    assert place.result_path("0001-a", "alto", ("alto", "page")).name == "0001-a.alto.xml"
    assert place.result_path("0001-a", "page", ("page", "alto")).name == "0001-a.page.xml"
