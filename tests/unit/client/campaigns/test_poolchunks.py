"""A campaign's parts as jobs of a pool with a fake site."""

import json
import threading
from typing import Any

import pytest

from armarius.client.basemodel import read_model
from armarius.client.campaigns.asked import Limits, Work
from armarius.client.campaigns.campaign import Campaign
from armarius.client.campaigns.chunks import Chunk, ChunkImage, ChunkState
from armarius.client.campaigns.poolchunks import PoolChunks
from armarius.client.campaigns.standing import CampaignState, Standing
from armarius.client.errors import BadModelFile, ConfigurationError
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.pages import PackedDataset
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome
from armarius.functions.files import sha256_of
from support.campaign_pool import reading_pool, reads
from support.desk import Bench
from support.pages import image_bytes
from support.scans import coreml, scans


@pytest.fixture
def pool(made: Bench) -> Pool:
    reads(made)
    return reading_pool(made)


def begun(made: Bench, count: int = 8, **fields: Any) -> Campaign:
    scans(made.folder / "scans", count)
    fields.setdefault("work", Work(task="segment"))
    return Campaign.begin(made.folder / "scans", made.folder / "out", **fields)


def drive(made: Bench, pool: Pool, campaign: Campaign, **more: Any) -> Standing:
    return campaign.drive(PoolChunks(pool, campaign.place), shelf=made.folder / "web", clock=made.clock, **more)


def test_pages_are_segmented_by_jobs(made: Bench, pool: Pool) -> None:
    campaign = begun(made, work=Work(task="segment", formats=("alto", "page")))
    seen: list[Standing] = []
    standing = drive(made, pool, campaign, seen=seen.append)
    assert (standing.state, standing.through) == (CampaignState.FINISHED, 8)
    assert any(0 < each.now.parts[0].done < 8 for each in seen if each.now.parts)
    out = made.folder / "out"
    assert (out / "0003-f3.alto.xml").read_text() == "segment alto f3\n"
    assert (out / "0003-f3.page.xml").read_text() == "segment page f3\n"
    told = json.loads((out / "pages.json").read_text())["pages"]
    (job,) = {page["job"] for page in told}
    row = pool.job(job).status()
    assert (row.state, row.request.kind, row.request.site) == (JobState.DONE, JobKind.SEGMENT, "alpha")
    assert {(page["site"], page["lines"]) for page in told} == {("alpha", 12)}
    assert not list((out / "campaign" / "chunks").iterdir())


def test_pages_are_transcribed_with_both_models(made: Bench, pool: Pool) -> None:
    reader, finder = coreml(made.folder / "r.mlmodel"), coreml(made.folder / "s.mlmodel", "segmentation")
    work = Work(
        task="transcribe",
        model=read_model(reader, "recognition"),
        segmentation=read_model(finder, "segmentation"),
        formats=("text",),
        options={"text_direction": "horizontal-rl"},
    )
    campaign = begun(made, work=work, model_path=reader, segmentation_path=finder, limits=Limits(priority=3))
    assert drive(made, pool, campaign).state is CampaignState.FINISHED
    (row,) = made.journal.jobs()
    assert row.request.model is not None and row.request.model.sha256 == sha256_of(reader)
    assert row.request.pages is not None
    assert (row.request.pages.text_direction, row.request.priority) == ("horizontal-rl", 3)
    assert (made.folder / "out" / "0001-f1.txt").read_text() == "transcribe text f1\n"


def test_images_that_cannot_be_opened_are_left_out_with_their_reason(made: Bench, pool: Pool) -> None:
    scans(made.folder / "scans", 3)
    (made.folder / "scans" / "f2.png").write_bytes(image_bytes(2)[:60])
    (made.folder / "scans" / "f9.png").write_bytes(b"hello")
    campaign = Campaign.begin(made.folder / "scans", made.folder / "out", Work(task="segment"))
    standing = drive(made, pool, campaign)
    assert dict(standing.counts) == {"done": 2, "left out": 2}
    assert len(made.journal.jobs()) == 1
    reasons = (made.folder / "out" / "left-out.txt").read_text()
    assert "f2.png is damaged or cut off" in reasons
    assert "f9.png is no image" in reasons


def test_where_no_image_can_be_opened_there_is_no_job(made: Bench, pool: Pool) -> None:
    (made.folder / "bad").mkdir()
    (made.folder / "bad" / "a.png").write_bytes(b"hello")
    (made.folder / "bad" / "b.png").write_bytes(b"there")
    campaign = Campaign.begin(made.folder / "bad", made.folder / "out", Work(task="segment"))
    assert dict(drive(made, pool, campaign).counts) == {"left out": 2}
    assert made.journal.jobs() == []
    assert "a.png is no image" in (made.folder / "out" / "left-out.txt").read_text()


def test_an_image_that_is_gone_keeps_no_other_waiting(made: Bench, pool: Pool) -> None:
    campaign = begun(made, 3)
    chunks = PoolChunks(pool, campaign.place)
    files = [made.folder / "scans" / f"f{number}.png" for number in (1, 2, 3)]
    chunk = Chunk("a" * 20, "alpha", tuple(ChunkImage(file, sha256_of(file)) for file in files))
    files[1].unlink()
    chunks.submit(campaign.asked, chunk)
    (row,) = made.journal.jobs()
    assert [page.name for page in PackedDataset.load(row.request.dataset_dir).manifest.pages] == ["f1", "f3"]


def test_where_all_images_are_gone_a_part_has_failed_and_no_image_is_at_fault(made: Bench, pool: Pool) -> None:
    campaign = begun(made, 2)
    files = [made.folder / "scans" / f"f{number}.png" for number in (1, 2)]
    images = tuple(ChunkImage(file, sha256_of(file)) for file in files)
    (made.folder / "scans").rename(made.folder / "unmounted")
    chunks = PoolChunks(pool, campaign.place)
    chunks.submit(campaign.asked, Chunk("a" * 20, "alpha", images))
    view = chunks.look("a" * 20)
    assert (view.state, view.pages) == (ChunkState.FAILED, ())
    assert "f1.png is gone." in view.error
    # One that goes just while it is packed is not at fault either, nor are the others.
    (made.folder / "unmounted").rename(made.folder / "scans")
    pack = pool.segment

    def late(*args: Any, **options: Any) -> Any:
        files[1].unlink()
        return pack(*args, **options)

    pool.segment = late
    chunks.submit(campaign.asked, Chunk("b" * 20, "alpha", images))
    assert chunks.look("b" * 20).pages == ()


def test_left_and_gone_on_with_by_another_process(made: Bench, pool: Pool) -> None:
    campaign = begun(made)
    stop = threading.Event()

    def leave(standing: Standing) -> None:
        if standing.now.parts and standing.now.parts[0].done:
            stop.set()

    drive(made, pool, campaign, seen=leave, stop=stop)
    (before,) = made.journal.jobs()
    assert not before.state.final
    pool.driver.close()
    other = Pool(pool.config, made.desk())
    assert drive(made, other, Campaign(made.folder / "out")).counts["done"] == 8
    assert [row.id for row in made.journal.jobs()] == [before.id]


def test_handing_out_again_is_harmless(made: Bench, pool: Pool) -> None:
    campaign = begun(made, 2)
    chunks = PoolChunks(pool, campaign.place)
    files = [made.folder / "scans" / f"f{number}.png" for number in (1, 2)]
    chunk = Chunk("a" * 20, "alpha", tuple(ChunkImage(file, sha256_of(file)) for file in files))
    assert chunks.look(chunk.id).state is ChunkState.UNKNOWN
    leftover = campaign.place.chunks / chunk.id
    leftover.mkdir(parents=True)
    (leftover / "job.txt").write_text("of a process that was killed before it wrote its job down")
    for _ in range(2):
        chunks.submit(campaign.asked, chunk)
    assert len(made.journal.jobs()) == 1
    chunks.cancel(chunk.id)
    assert chunks.look(chunk.id).state is ChunkState.CANCELLED
    chunks.cancel("b" * 20)
    chunks.forget("b" * 20)


def test_a_model_that_has_become_another_is_not_used(made: Bench, pool: Pool) -> None:
    reader = coreml(made.folder / "r.mlmodel")
    work = Work(task="transcribe", model=read_model(reader, "recognition"))
    campaign = begun(made, 2, work=work, model_path=reader)
    coreml(reader, salt="better")
    standing = drive(made, pool, campaign)
    assert standing.state is CampaignState.STOPPED
    assert "has become another model" in standing.why
    assert made.journal.jobs() == []
    reader.unlink()
    chunks = PoolChunks(pool, campaign.place)
    with pytest.raises(BadModelFile, match="is gone"):
        chunks.submit(campaign.asked, Chunk("a" * 20, "alpha", ()))


def test_only_sites_that_may_have_the_pages_are_offered(made: Bench, pool: Pool) -> None:
    campaign = begun(made, 3)
    chunks = PoolChunks(pool, campaign.place)
    (offer,) = chunks.sites(campaign.asked)
    assert (offer.name, offer.places, offer.rate) == ("alpha", 1, None)
    elsewhere = campaign.asked.model_copy(update={"limits": Limits(sites=("beta",))})
    assert chunks.sites(elsewhere) == []
    tagged = campaign.asked.model_copy(update={"limits": Limits(only_tags=("eu",))})
    with pytest.raises(ConfigurationError, match="No site bears the tag"):
        chunks.sites(tagged)
    drive(made, pool, campaign)
    (measured,) = chunks.sites(campaign.asked)
    assert measured.rate == pytest.approx(3 / 10)


def test_where_all_jobs_fail_it_stops_and_says_why(made: Bench) -> None:
    reads(made, outcome=Outcome.FAILED)
    standing = drive(made, reading_pool(made), begun(made, 3))
    assert standing.state is CampaignState.STOPPED
    assert "parts in a row failed" in standing.why
    assert standing.counts == {"held": 3}


def test_what_holds_a_part_up_is_told(made: Bench, pool: Pool) -> None:
    campaign = begun(made, 4)
    made.site.reachable = False
    seen: list[str] = []

    def reach(standing: Standing) -> None:
        seen.append(standing.now.trouble)
        if standing.now.trouble:
            made.site.reachable = True

    assert drive(made, pool, campaign, seen=reach).state is CampaignState.FINISHED
    assert "The fake site does not answer." in seen
