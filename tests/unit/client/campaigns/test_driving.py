import json
from pathlib import Path
from typing import Any

import pytest

from armarius.client.campaigns.asked import Work
from armarius.client.campaigns.driving import Driving
from armarius.client.campaigns.events import WentOn
from armarius.client.campaigns.standing import CampaignState
from armarius.client.campaigns.web.manners import Manners
from armarius.client.errors import SiteRefused, SiteUnreachable
from armarius.client.testing.chunks import FakeReader
from armarius.functions.contracts import MOST_PAGES
from support.campaigns import FakeImages, asked, digest_of, driving, pool, run


def pages_json(folder: Path) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = json.loads((folder / "pages.json").read_text())["pages"]
    return pages


def test_every_page_once_in_order(tmp_path: Path) -> None:
    chunks = pool(tmp_path, readers={"alpha": FakeReader(2.0, 5), "beta": FakeReader(0.5, 30)})
    out = tmp_path / "out"
    with driving(out, chunks, asked(count=500)) as driven:
        assert run(driven) is CampaignState.FINISHED
    told = pages_json(out)
    assert [page["number"] for page in told] == list(range(1, 501))
    assert {page["site"] for page in told} == {"alpha", "beta"}
    assert (out / "0007-p7.xml").read_text() == f"alto of {digest_of('p7')}"
    assert len(list(out.glob("*.xml"))) == 500
    handed = [image.sha256 for part in chunks.parts.values() for image in part.chunk.images]
    assert len(handed) == len(set(handed)) == 500
    assert all(part.forgotten for part in chunks.parts.values())
    assert not (out / "left-out.txt").exists()


def test_two_formats_have_two_names(tmp_path: Path) -> None:
    work = Work(task="segment", formats=("alto", "page", "text"))
    with driving(tmp_path / "out", pool(tmp_path), asked("f1r", work=work)) as driven:
        assert run(driven) is CampaignState.FINISHED
    names = {path.name for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert names == {"0001-f1r.alto.xml", "0001-f1r.page.xml", "0001-f1r.txt", "pages.json"}


def test_pages_that_show_the_same_image_are_done_by_one_stroke(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path), tmp_path / "out"
    with driving(out, chunks, asked("a", "blank", "b", "blank")) as driven:
        assert run(driven) is CampaignState.FINISHED
    assert (out / "0002-blank.xml").read_text() == (out / "0004-blank.xml").read_text()
    assert sum(len(part.chunk.images) for part in chunks.parts.values()) == 3


def test_a_twin_that_comes_late_is_filed_too(tmp_path: Path) -> None:
    images, out = FakeImages(), tmp_path / "out"
    names = [f"p{number}" for number in range(1, 400)]
    with driving(out, pool(tmp_path), asked(*names, "p1"), images) as driven:
        assert run(driven) is CampaignState.FINISHED
    assert (out / "0400-p1.xml").exists()


def late_twins(driven: Driving, images: FakeImages) -> None:
    """Works on it until all is done but the pages "late", which show the image of "a"."""
    images.content["late"] = "a"
    images.failing["late"] = 99
    for _ in range(100):
        driven.step()
        driven.rest(1)
    assert driven.ledger.counts()["done"] == 2
    images.failing.clear()


def test_a_twin_that_comes_late_is_filed_as_a_page_that_is_still_there(tmp_path: Path) -> None:
    images, out, chunks = FakeImages(), tmp_path / "out", pool(tmp_path)
    with driving(out, chunks, asked("a", "a", "late"), images) as driven:
        late_twins(driven, images)
        (out / "0001-a.xml").unlink()
        assert run(driven) is CampaignState.FINISHED
    assert (out / "0003-late.xml").read_text() == f"alto of {digest_of('a')}"
    assert len(chunks.parts) == 1


def test_twins_of_which_nothing_is_there_any_more_are_done_again(tmp_path: Path) -> None:
    images, out, chunks = FakeImages(), tmp_path / "out", pool(tmp_path)
    with driving(out, chunks, asked("a", "a", "late", "late"), images) as driven:
        late_twins(driven, images)
        for name in ("0001-a.xml", "0002-a.xml"):
            (out / name).unlink()
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 4}
    assert sorted(path.name[:4] for path in out.glob("*.xml")) == ["0001", "0002", "0003", "0004"]
    assert len(chunks.parts) == 2


def test_another_campaigns_file_that_has_just_gone_is_done_again(tmp_path: Path) -> None:
    chunks = pool(tmp_path)
    with driving(tmp_path / "first", chunks, asked("a", "b")) as driven:
        run(driven)
    with driving(tmp_path / "second", chunks, asked("a", "b", reuse=(tmp_path / "first",))) as driven:
        (tmp_path / "first" / "0001-a.xml").unlink()
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 2}


def test_what_cannot_be_had_is_told(tmp_path: Path) -> None:
    chunks = pool(tmp_path, faults={digest_of("blank"): "no_lines"})
    images = FakeImages(slow=2, never=99)
    images.gone.add("gone")
    out = tmp_path / "out"
    with driving(out, chunks, asked("a", "gone", "slow", "never", "blank"), images) as driven:
        assert run(driven) is CampaignState.FINISHED
    assert (out / "left-out.txt").read_text().splitlines() == [
        "3 pages of 5 left out: number, label, reason",
        "2\tgone\tgone is gone.",
        "4\tnever\tnever did not answer in time.",
        "5\tblank\tIt is no page.",
    ]
    assert [page["state"] for page in pages_json(out)] == ["done", "left out", "done", "left out", "left out"]
    assert pages_json(out)[4]["fault"] == "no_lines"


def test_where_nothing_can_be_fetched_it_waits_stops_and_leaves_nothing_out(tmp_path: Path) -> None:
    images, out = FakeImages(), tmp_path / "out"
    images.away = True
    chunks = pool(tmp_path)
    with driving(out, chunks, asked(count=300), images) as driven:
        assert run(driven) is CampaignState.STOPPED
        assert driven.ledger.counts() == {"asked": 300}
        assert "example.org" in driven.ledger.halted.why
        assert "does not answer" in driven.ledger.halted.why
    assert images.sought < 100, "all of a host is asked for one after the other"
    images.away = False
    with driving(out, chunks, images=images) as driven:
        driven._happened(WentOn(at=0))
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 300}


def test_an_outage_costs_no_page(tmp_path: Path) -> None:
    images, out, chunks = FakeImages(), tmp_path / "out", pool(tmp_path)
    with driving(out, chunks, asked(count=300), images) as driven:
        driven.step()
        images.away = True
        for _ in range(400):
            driven.step()
            driven.rest(1)
        assert driven.ledger.counts() == {"done": 64, "asked": 236}, "what has come waits for nothing"
        assert "Nothing comes from example.org:443 at present" in driven.trouble
    images.away = False
    with driving(out, chunks, images=images) as driven:  # another process knows of it, too
        assert driven.ledger.outages.is_out("example.org:443")
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 300}


def test_one_odd_page_is_left_out_and_the_others_are_done(tmp_path: Path) -> None:
    images, out = FakeImages(), tmp_path / "out"
    images.odd["b"] = KeyError("json")
    with driving(out, pool(tmp_path), asked("a", "b", "c"), images) as driven:
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 2, "left out": 1}
    assert "Its image cannot be brought: KeyError." in (out / "left-out.txt").read_text()


def test_what_was_left_out_can_be_tried_again(tmp_path: Path) -> None:
    chunks, images, out = pool(tmp_path, faults={digest_of("blank"): "no_lines"}), FakeImages(), tmp_path / "out"
    images.gone.add("gone")
    with driving(out, chunks, asked("a", "gone", "blank"), images) as driven:
        run(driven)
    images.gone.clear()
    chunks.faults.clear()
    with driving(out, chunks, images=images) as driven:
        driven._happened(WentOn(left_out=True, at=0))
        assert run(driven) is CampaignState.FINISHED
    assert [page["state"] for page in pages_json(out)] == ["done"] * 3
    assert not (out / "left-out.txt").exists()
    assert images.brought.count(1) == 1


def test_a_page_that_was_left_out_is_looked_at_anew(tmp_path: Path) -> None:
    """Its scan may have been mended: it is another image then."""
    chunks, images, out = pool(tmp_path, faults={digest_of("torn"): "bad_image"}), FakeImages(), tmp_path / "out"
    with driving(out, chunks, asked("a", "torn", "torn"), images) as driven:
        run(driven)
        assert driven.ledger.counts() == {"done": 1, "left out": 2}
    images.content["torn"] = "mended"
    with driving(out, chunks, images=images) as driven:
        driven._happened(WentOn(left_out=True, at=0))
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 3}
        assert driven.ledger.fetched_bytes == 3000
    assert (out / "0003-torn.xml").read_text() == f"alto of {digest_of('mended')}"


def test_one_image_that_kills_its_parts_is_found_and_nothing_else_is_lost(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path, poison={digest_of("p170")}, readers={"alpha": FakeReader(50.0)}), tmp_path / "out"
    with driving(out, chunks, asked(count=250)) as driven:
        assert run(driven) is CampaignState.FINISHED
    assert [page["number"] for page in pages_json(out) if page["state"] != "done"] == [170]
    assert "even where it was alone. the worker died" in (out / "left-out.txt").read_text()
    assert len(chunks.parts) < 60


def test_where_everything_fails_it_stops_and_loses_nothing(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path, broken="the model is for kraken 9"), tmp_path / "out"
    with driving(out, chunks, asked(count=300)) as driven:
        assert run(driven) is CampaignState.STOPPED
        assert "The last: the model is for kraken 9" in (driven.ledger.halted or WentOn(at=0)).model_dump()["why"]
        assert set(driven.ledger.counts()) <= {"held", "asked"}
    assert len(chunks.parts) <= 10
    chunks.broken = ""
    with driving(out, chunks) as driven:
        driven._happened(WentOn(at=0))
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 300}


def test_a_site_whose_parts_fail_rests_while_another_goes_on(tmp_path: Path) -> None:
    readers = {"bad": FakeReader(100.0, away=False), "good": FakeReader(1.0)}
    chunks, out = pool(tmp_path, readers=readers), tmp_path / "out"
    looked = chunks.look

    def look(chunk_id: str) -> Any:
        chunks.broken = "no kraken here" if chunks.parts[chunk_id].chunk.site == "bad" else ""
        return looked(chunk_id)

    chunks.look = look
    with driving(out, chunks, asked(count=200)) as driven:
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 200}
    assert sum(part.chunk.site == "bad" for part in chunks.parts.values()) <= 6


def test_pausing_hands_nothing_out_and_keeps_what_is_done(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path, readers={"alpha": FakeReader(10.0)}), tmp_path / "out"
    with driving(out, chunks, asked(count=300)) as driven:
        for _ in range(3):
            driven.step()
            driven.rest(1)
        (out / "campaign" / "PAUSE").touch()
        before = len(chunks.parts)
        assert driven.state is CampaignState.PAUSING
        assert run(driven) is CampaignState.PAUSED
        assert len(chunks.parts) == before
        assert 0 < driven.ledger.counts()["done"] < 300
    (out / "campaign" / "PAUSE").unlink()
    with driving(out, chunks) as driven:
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 300}


def test_cancelling_ends_its_parts_and_keeps_what_is_done(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path), tmp_path / "out"
    with driving(out, chunks, asked(count=100)) as driven:
        for _ in range(10):
            driven.step()
            driven.rest(1)
        (out / "campaign" / "CANCEL").touch()
        assert run(driven) is CampaignState.CANCELLED
        done = driven.ledger.counts()["done"]
    assert all(part.cancelled for part in chunks.parts.values())
    assert 0 < done == len(list(out.glob("*.xml"))) < 100


def test_a_part_that_somebody_else_cancels_is_not_handed_out_again_for_ever(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path, readers={"alpha": FakeReader(0.01)}), tmp_path / "out"
    with driving(out, chunks, asked("a", "b")) as driven:
        for _ in range(3000):
            for part in chunks.parts.values():
                part.cancelled = True
            if driven.step().final:
                break
            driven.rest(1)
        assert driven.state is CampaignState.STOPPED
        assert driven.ledger.counts() == {"held": 2}
    assert len(chunks.parts) <= 8


def test_a_part_that_cannot_be_handed_out_now_is_handed_out_later(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path, refused=SiteUnreachable("The journal is busy.")), tmp_path / "out"
    with driving(out, chunks, asked("a")) as driven:
        driven.step()
        driven.step()
        assert driven.trouble == "The journal is busy."
        assert list(driven.ledger.in_flight) and not chunks.parts
        chunks.refused = None
        assert run(driven) is CampaignState.FINISHED
    assert len(chunks.parts) == 1


def test_a_part_that_is_refused_for_good_has_failed(tmp_path: Path) -> None:
    chunks, out = pool(tmp_path, refused=SiteRefused("The model is damaged.")), tmp_path / "out"
    with driving(out, chunks, asked(count=50)) as driven:
        assert run(driven) is CampaignState.STOPPED
        assert set(driven.ledger.counts()) <= {"held", "asked"}


def test_a_part_that_waits_at_a_site_that_went_away_goes_elsewhere(tmp_path: Path) -> None:
    readers = {"alpha": FakeReader(1.0), "beta": FakeReader(1.0, overhead=5)}
    chunks, out = pool(tmp_path, readers=readers), tmp_path / "out"
    with driving(out, chunks, asked(count=150)) as driven:
        driven.step()
        readers["beta"].away = True
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts() == {"done": 150}
    assert {page["site"] for page in pages_json(out)} == {"alpha"}


def test_images_do_not_come_without_end(tmp_path: Path) -> None:
    images = FakeImages()
    chunks = pool(tmp_path, readers={"alpha": FakeReader(0.001)})
    with driving(tmp_path / "out", chunks, asked(count=6 * MOST_PAGES), images) as driven:
        for _ in range(1000):
            driven.step()
        assert len(images.brought) <= 3 * MOST_PAGES


def test_a_campaign_fetches_no_more_than_it_may(tmp_path: Path) -> None:
    out, wish = tmp_path / "out", asked(count=140, manners=Manners(most_in_all=5000))
    with driving(out, pool(tmp_path), wish) as driven:
        assert run(driven) is CampaignState.FINISHED
        assert driven.ledger.counts()["left out"] >= 70  # up to those that were under way
    assert "its limit" in (out / "left-out.txt").read_text()


def test_what_another_campaign_did_is_not_done_again(tmp_path: Path) -> None:
    chunks = pool(tmp_path)
    with driving(tmp_path / "first", chunks, asked("a", "b", "c")) as driven:
        run(driven)
    (tmp_path / "first" / "0002-b.xml").write_text("corrected by hand")
    again = asked("new", "c", "b", "a", "a", reuse=(tmp_path / "first", tmp_path / "nowhere"))
    with driving(tmp_path / "second", chunks, again) as driven:
        assert run(driven) is CampaignState.FINISHED
    handed = {image.sha256 for part in list(chunks.parts.values())[1:] for image in part.chunk.images}
    assert handed == {digest_of("new"), digest_of("b")}
    assert (tmp_path / "second" / "0005-a.xml").read_text() == f"alto of {digest_of('a')}"
    other = asked("a", reuse=(tmp_path / "first",), work=Work(task="segment"))
    with driving(tmp_path / "third", chunks, other) as driven:
        run(driven)
    assert len(list(chunks.parts.values())[-1].chunk.images) == 1


def test_sites_that_take_more_than_they_compute_end_together(tmp_path: Path) -> None:
    readers = {name: FakeReader(1.0, 30.0, places=4, one_by_one=True) for name in ("alpha", "beta")}
    chunks = pool(tmp_path, readers=readers)
    with driving(tmp_path / "out", chunks, asked(count=1000)) as driven:
        begun = chunks.clock.now()
        assert run(driven) is CampaignState.FINISHED
        parts = len(chunks.parts)
        assert chunks.clock.now() - begun < 500 + (parts + 4) / 2 * 30, "half of it each, one start for each part"


def test_an_estimate_does_not_count_on_places_that_a_site_does_not_have(tmp_path: Path) -> None:
    """It takes four parts, and computes one after the other."""
    chunks = pool(tmp_path, readers={"alpha": FakeReader(2.0, places=4, one_by_one=True)})
    with driving(tmp_path / "out", chunks, asked(count=1000)) as driven:
        while (done := driven.ledger.counts()["done"]) < 300:
            driven.step()
            driven.rest(1)
        assert driven.now.seconds_left == pytest.approx((1000 - done) / 2, rel=0.3)


def test_an_estimate_follows_what_was_measured(tmp_path: Path) -> None:
    chunks = pool(tmp_path, readers={"alpha": FakeReader(2.0)})
    with driving(tmp_path / "out", chunks, asked(count=1000)) as driven:
        driven.step()
        assert driven.now.seconds_left is None
        while driven.ledger.counts()["done"] < 300:
            driven.step()
            driven.rest(1)
        assert driven.now.seconds_left == pytest.approx((1000 - driven.ledger.counts()["done"]) / 2, rel=0.3)
        assert run(driven) is CampaignState.FINISHED
