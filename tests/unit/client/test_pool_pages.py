"""Pages are segmented and transcribed by a pool, as scripts ask for it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from armarius.client import Pool as Exported
from armarius.client.config import PoolConfig
from armarius.client.errors import BadModelFile, NoPages
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.pages import PackedDataset
from armarius.client.pool import Pool
from armarius.client.testing import page_text
from armarius.functions.contracts import BadInput, PageFault, PageParameters, Task
from armarius.functions.files import sha256_of
from support.desk import Bench
from support.pages import image_bytes
from support.scans import coreml, finish, scans


@pytest.fixture
def pool(made: Bench) -> Pool:
    return Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), made.desk())


def live(made: Bench, **how: object) -> Callable[[JobRow], None]:
    """Lets the site do whatever it has in an instant."""
    return lambda _row: finish(made.site, made.staging, **how)


def test_segment_wait_result(pool: Pool, made: Bench) -> None:
    scans(made.folder / "scans")
    job = pool.segment([made.folder / "scans"], output=made.folder / "out", formats=("alto", "page"))
    assert job.wait(live(made)).state is JobState.DONE
    (run,) = made.site.runs.values()
    assert (run.spec.task, run.spec.model) == (Task.SEGMENT, None)
    assert run.spec.pages == PageParameters(formats=("alto", "page"))
    result = job.result()
    assert [page.name for page in result.pages] == ["f1", "f2", "f3"]
    first = result.pages[0]
    assert first.done
    assert first.files == {
        "alto": made.folder / "out" / "pages" / "f1.alto.xml",
        "page": made.folder / "out" / "pages" / "f1.page.xml",
    }
    assert first.files["alto"].read_bytes() == page_text(Task.SEGMENT, "alto", "f1")
    assert (first.image, first.sha256) == (
        (made.folder / "scans" / "f1.png").resolve(),
        sha256_of(made.folder / "scans" / "f1.png"),
    )
    assert (first.lines, first.site, result.metrics, result.models) == (12, "alpha", None, {})
    assert sorted(path.name for path in result.output.iterdir()) == ["job.txt", "pages", "pages.json", "report.html"]
    assert len(list((result.output / "pages").iterdir())) == 6


def test_transcribe_sends_both_models(pool: Pool, made: Bench) -> None:
    scans(made.folder / "scans", 1)
    reader, finder = coreml(made.folder / "r.mlmodel"), coreml(made.folder / "s.mlmodel", "segmentation")
    job = pool.transcribe(
        [made.folder / "scans"], reader, segmentation=finder, formats=("text",), name="read", output=made.folder / "out"
    )
    row = job.wait(live(made))
    assert (row.state, row.request.kind, row.request.name) == (JobState.DONE, JobKind.TRANSCRIBE, "read")
    (run,) = made.site.runs.values()
    assert run.spec.model is not None
    assert run.spec.model.sha256 == sha256_of(reader)
    assert run.spec.pages is not None
    assert not isinstance(run.spec.pages.segmentation, str)
    assert run.spec.pages.segmentation.sha256 == sha256_of(finder)
    sent = {parcel.sha256: parcel.here for parcel in made.staging.sent}
    assert (sent[sha256_of(reader)], sent[sha256_of(finder)]) == (reader, finder)
    (page,) = job.result().pages
    assert (page.characters, page.confidence) == (400, 0.9)
    assert page.files["text"].read_bytes() == page_text(Task.TRANSCRIBE, "text", "f1")


def test_what_is_left_out_is_told_with_its_reason(pool: Pool, made: Bench) -> None:
    folder = made.folder / "scans"
    scans(folder)
    (folder / "torn.png").write_bytes(image_bytes(9)[:60])
    told: list[PackedDataset] = []
    job = pool.segment([folder], output=made.folder / "out", on_packed=told.append)
    assert [(each.file.name, each.severity) for each in told[0].problems] == [("torn.png", "page")]
    job.wait(live(made, faults={1: PageFault.NO_LINES}))
    result = job.result()
    assert [(page.name, page.fault) for page in result.pages] == [
        ("f1", None),
        ("f2", PageFault.NO_LINES),
        ("f3", None),
    ]
    listed = json.loads((result.output / "pages.json").read_text())
    assert listed["pages"][1]["fault"] == "no_lines"
    assert listed["pages"][0]["files"] == {"alto": "pages/f1.alto.xml"}
    assert [each["image"] for each in listed["not_packed"]] == ["torn.png"]
    assert "is damaged or cut off" in listed["not_packed"][0]["why"]
    page = (result.output / "report.html").read_text()
    assert "torn.png" in page
    assert "f2" in page


def test_nobody_who_gets_the_list_learns_of_this_machine(pool: Pool, made: Bench) -> None:
    scans(made.folder / "scans", 1)
    job = pool.segment([made.folder / "scans"], output=made.folder / "out")
    job.wait(live(made))
    assert str(made.folder) not in (made.folder / "out" / "pages.json").read_text()


def test_all_else_is_said_by_parameters(pool: Pool, made: Bench) -> None:
    scans(made.folder / "scans", 1)
    wanted = PageParameters(text_direction="horizontal-rl", input_padding=7, skip=(0,))
    job = pool.segment([made.folder / "scans"], output=made.folder / "out", parameters=wanted, formats=("page",))
    asked = job.status().request.pages
    assert asked == PageParameters(text_direction="horizontal-rl", input_padding=7, formats=("page",))


def test_more_than_a_run_may_do_is_refused_before_anything_is_read(pool: Pool, made: Bench) -> None:
    folder = made.folder / "many"
    folder.mkdir()
    for number in range(2001):
        (folder / f"{number}.png").touch()
    with pytest.raises(BadInput, match=r"2,001 pages are more than one job does \(2,000\)") as caught:
        pool.segment([folder])
    assert caught.value.hint == "Give them as several jobs."


def test_what_cannot_be_is_refused(pool: Pool, made: Bench) -> None:
    folder = made.folder / "scans"
    scans(folder, 1)
    with pytest.raises(BadInput, match="segmented have no text"):
        pool.segment([folder], formats=("alto", "text"))
    with pytest.raises(BadInput, match=r"cannot be used.*Give one or more of: alto, page, text"):
        pool.segment([folder], formats=())
    with pytest.raises(BadInput, match="'hocr'"):
        pool.segment([folder], formats=("hocr",))
    with pytest.raises(BadModelFile, match="is a model for recognition, not for segmentation"):
        pool.segment([folder], model=coreml(made.folder / "r.mlmodel"))
    with pytest.raises(BadModelFile, match="is a model for segmentation, not for recognition"):
        pool.transcribe([folder], coreml(made.folder / "s.mlmodel", "segmentation"))
    with pytest.raises(NoPages, match="No images were given"):
        pool.segment([])
    assert pool.jobs() == []
    assert not Path("out").exists()


def test_the_package_exports_it() -> None:
    assert Exported is Pool
