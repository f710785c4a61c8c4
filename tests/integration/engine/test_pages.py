"""Pages are segmented and transcribed by real kraken, with small models that the other tests trained."""

import hashlib
import io
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from armarius.client.pages.reading import read_page
from armarius.functions.contracts import (
    Blob,
    Limits,
    Outcome,
    PageFault,
    PageParameters,
    PageResult,
    Phase,
    Reason,
    Region,
    RunSpec,
    Split,
    Task,
)
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import engine, perform, progress, run_script
from support.page_files import ALTO, PAGE, root_of
from support.synthetic_dataset import Drawn, draw_page, lay_out, stage, stage_file, texts

pytestmark = pytest.mark.kraken

HERE = Path(__file__).parent
MANY = 40
"""Pages of a run that is to be caught in the middle: each takes a tenth of a second."""

Trained = tuple[RunDir, EngineEnd]
Models = tuple[Blob, Blob]


@pytest.fixture(scope="module")
def models(site: Site, laid_out: Trained, trained: Trained) -> Models:
    """One that finds lines, and one that reads them."""
    finder, reader = (stage_file(site, run.path / end.models[0].path) for run, end in (laid_out, trained))
    return finder, reader.model_copy(update={"name": "/home/somebody/secret/reader.safetensors"})


def bare(drawn: Drawn) -> Drawn:
    """Takes the lines from a page."""
    return replace(drawn, page=drawn.page.model_copy(update={"lines": (), "regions": ()}))


def leaf(number: int) -> Drawn:
    return lay_out(draw_page(f"leaf-{number}", Split.TEST, texts(4, number), width=240))


def spoilt(number: int, content: bytes) -> Drawn:
    """A page whose image is something else, and known as such."""
    drawn = bare(leaf(number))
    digest = hashlib.sha256(content).hexdigest()
    image = drawn.page.image.model_copy(update={"sha256": digest, "size": len(content)})
    return Drawn(drawn.page.model_copy(update={"image": image}), content)


def blank() -> Drawn:
    buffer = io.BytesIO()
    Image.new("L", (240, 220), 255).save(buffer, "PNG")
    return spoilt(900, buffer.getvalue())


def make(run_id: str, task: Task, dataset: str, models: Models, limits: Limits | None = None, **how: Any) -> RunSpec:
    finder, reader = models
    return RunSpec(
        run_id=run_id,
        task=task,
        dataset=dataset,
        model=reader if task is Task.TRANSCRIBE else None,
        limits=limits or Limits(),
        pages=PageParameters.model_validate({"segmentation": finder, **how}),
    )


@pytest.fixture(scope="module")
def done(site: Site, models: Models) -> tuple[RunDir, EngineEnd, dict[int, PageResult]]:
    """A run over good pages, one whose lines are known, and all that can be wrong with one."""
    tangled = leaf(5)
    margin = Region(id="1", boundary=((0, 0), (20, 0), (20, 200)), type="margin")
    lines = [
        line.model_copy(update={"region": ("body", "1")[place % 2]}) for place, line in enumerate(tangled.page.lines)
    ]
    lines[0] = lines[0].model_copy(update={"id": "1"})
    tangled = replace(
        tangled,
        page=tangled.page.model_copy(update={"lines": tuple(lines), "regions": (*tangled.page.regions, margin)}),
    )
    drawn = [bare(leaf(0)), bare(leaf(1)), tangled, spoilt(6, b"no image"), blank(), bare(leaf(7)), bare(leaf(8))]
    dataset = stage(site, drawn)
    site.blob(drawn[5].page.image.sha256).unlink()
    site.blob(drawn[6].page.image.sha256).write_bytes(b"damaged")
    spec = make("pages", Task.TRANSCRIBE, dataset, models, formats=("alto", "page", "text"))
    end = perform(site, spec)
    run = site.run("pages")
    return run, end, {page.number: page for page in run.page_results()}


def file_of(run: RunDir, page: PageResult, form: str) -> Path:
    (file,) = (each for each in page.files if each.format == form)
    return run.path / file.path


def test_good_pages_are_done_and_broken_ones_left_out_and_named(
    done: tuple[RunDir, EngineEnd, dict[int, PageResult]],
) -> None:
    run, end, pages = done
    assert (end.outcome, end.reason) == (Outcome.FINISHED, None), end.message
    assert {number: page.fault for number, page in pages.items()} == {
        0: None,
        1: None,
        2: None,
        3: PageFault.BAD_IMAGE,
        4: PageFault.NO_LINES,
        5: PageFault.MISSING_IMAGE,
        6: PageFault.MISSING_IMAGE,
    }
    assert end.message.startswith(
        "4 of 7 pages were left out. Page 'leaf-6': The image of page 'leaf-6' cannot be read"
    )
    assert all(page.message and not page.files for page in pages.values() if not page.done)
    assert all(
        page.lines and page.characters and 0 < (page.confidence or 0) <= 1 for page in pages.values() if page.done
    )
    assert "no image" not in end.message
    told = [line for line in progress(run) if line.phase is Phase.READING]
    assert [line.step for line in told] == [1, 2, 3, 4, 5, 6, 7]
    assert {line.page for line in told} == set(pages.values())
    assert not list(run.pages.glob(".*"))


def test_regions_without_lines_are_a_segmentation_and_nothing_to_read(site: Site) -> None:
    """Some models find regions alone."""
    told = run_script(site, HERE / "regions_alone.py", stage(site, [bare(leaf(9))]))
    assert (told["segment"]["fault"], told["segment"]["regions"]) == (None, 1)
    assert 'LABEL="MainZone"' in told["segment"]["text"]
    assert (told["transcribe"]["fault"], told["blank"]["fault"]) == ("no_lines", "no_lines")


def test_it_is_what_plain_kraken_finds_and_reads_and_kraken_opens_it(
    site: Site, models: Models, done: tuple[RunDir, EngineEnd, dict[int, PageResult]]
) -> None:
    run, _, pages = done
    base = {path.stem: str(path) for path in (run.path / "base").iterdir()}
    images = [str(site.blob(pages[number].image)) for number in (0, 1)]
    files = [str(file_of(run, pages[number], form)) for form in ("alto", "page") for number in (0, 1, 2)]
    told = run_script(site, HERE / "read_pages.py", base["finder"], base["model"], "\n".join(images), "\n".join(files))
    for opened in (told["opened"][:3], told["opened"][3:]):
        for number, (plain, found) in enumerate(zip(told["plain"], opened, strict=False)):
            assert found["lines"] == plain["lines"]
            assert found["boundaries"] == plain["boundaries"]
            assert [text.strip() for text in found["texts"]] == [text.strip() for text in plain["texts"]]
            assert found["image"] == f"leaf-{number}.png"
            assert found["size"] == [240, 220]
            sure = plain["confidences"]
            assert pages[number].confidence == pytest.approx(sum(sure) / len(sure), abs=1e-6)
            text = file_of(run, pages[number], "text").read_text(encoding="utf-8")
            assert text == "".join(f"{line}\n" for line in plain["texts"])
        assert (len(opened[2]["lines"]), opened[2]["regions"]) == (4, 2), "lines that were known are kept"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_outlines_are_krakens_to_the_pixel_and_only_a_kraken_that_is_known_is_hastened(site: Site, seed: int) -> None:
    told = run_script(site, HERE / "outline_cases.py", str(seed))
    for kind in ("tracing", "surroundings"):
        assert told[kind]["different"] == 0
        assert 0 < told[kind]["refused"] < told[kind]["cases"]
    assert told["left where it is another"] == [["_calc_roi"], True]
    assert told["left"] == []
    assert told["in place"]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_files_are_as_their_schemas_say_and_tell_where_they_come_from(
    site: Site, models: Models, done: tuple[RunDir, EngineEnd, dict[int, PageResult]], number: int
) -> None:
    run, _, pages = done
    alto, page = (file_of(run, pages[number], form) for form in ("alto", "page"))
    root = root_of(alto, ALTO)
    settings = [step.text or "" for step in root.iter(f"{ALTO}processingStepSettings")]
    assert len(settings) == 2
    assert f"sha256: {models[0].sha256}" in settings[0]
    assert f"model: reader.safetensors; sha256: {models[1].sha256}" in settings[1]
    assert all("armarius: " in step for step in settings)
    assert len(list(root.iter(f"{ALTO}Glyph"))) <= pages[number].characters
    root = root_of(page, PAGE)
    told = [
        {label.get("type"): label.get("value") for label in item.iter(f"{PAGE}Label")}
        for item in root.iter(f"{PAGE}MetadataItem")
    ]
    assert [each["sha256"] for each in told] == [models[0].sha256, models[1].sha256]
    for file in (alto, page):
        content = file.read_text(encoding="utf-8")
        assert str(site.root) not in content
        assert "somebody" not in content


def test_our_own_reader_of_pages_takes_them(
    site: Site, done: tuple[RunDir, EngineEnd, dict[int, PageResult]], tmp_path: Path
) -> None:
    run, _, pages = done
    (tmp_path / "leaf-0.png").write_bytes(site.blob(pages[0].image).read_bytes())
    for form in ("alto", "page"):
        copy = tmp_path / f"{form}.xml"
        copy.write_bytes(file_of(run, pages[0], form).read_bytes())
        read = read_page(copy)
        assert len(read.checked.lines) == pages[0].lines
        assert not read.guessed


def test_killed_at_any_time_it_goes_on_with_the_pages_that_are_not_done(site: Site, models: Models) -> None:
    dataset = stage(site, [bare(leaf(number)) for number in range(100, 100 + MANY)])
    spec = make("pages-killed", Task.SEGMENT, dataset, models, formats=("alto", "page"))
    with engine(site, spec) as running:
        running.wait_until(lambda run: len(run.page_results()) >= 2)
        workers = psutil.Process(running.process.pid).children()
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert workers
        assert not alive, "an orphan computes for nobody"
    run = site.run("pages-killed")
    before = run.page_results()
    assert 2 <= len(before) < MANY
    end = perform(site, spec)
    assert end.outcome is Outcome.FINISHED, end.message
    pages = run.page_results()
    assert [page.number for page in pages] == list(range(MANY))
    assert set(before) <= set(pages), "what was done is not done again"
    for page in pages:
        assert (page.characters, page.confidence) == (0, None)
        for file in page.files:
            assert (run.path / file.path).stat().st_size == file.size
            root_of(run.path / file.path, ALTO if file.format == "alto" else PAGE)
    assert len(list(run.pages.iterdir())) == MANY * 3


def test_paused_and_gone_on_with_by_another_run(site: Site, models: Models) -> None:
    dataset = stage(site, [bare(leaf(number)) for number in range(200, 200 + MANY)])
    with engine(site, make("pages-paused", Task.SEGMENT, dataset, models)) as running:
        running.wait_until(lambda run: len(run.page_results()) >= 1)
        running.pause()
        end = running.wait()
    assert (end.outcome, end.reason) == (Outcome.PAUSED, Reason.ASKED)
    first = site.run("pages-paused").page_results()
    assert 1 <= len(first) < MANY
    skip = tuple(page.number for page in first)
    end = perform(site, make("pages-rest", Task.SEGMENT, dataset, models, Limits(cpus=2), skip=skip))
    assert end.outcome is Outcome.FINISHED, end.message
    second = site.run("pages-rest").page_results()
    assert sorted([*skip, *(page.number for page in second)]) == list(range(MANY))
    assert progress(site.run("pages-rest"))[-1].step == MANY


def test_a_model_of_another_kind_ends_the_run(site: Site, models: Models) -> None:
    dataset = stage(site, [bare(leaf(30))])
    end = perform(site, make("pages-swapped", Task.TRANSCRIBE, dataset, (models[1], models[0])))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_MODEL), end.message
    assert "segmentation model" in end.message
