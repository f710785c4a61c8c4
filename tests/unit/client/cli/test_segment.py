import json

import pytest

from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome, PageFault, PageParameters, Reason, Task
from support.desk import Bench
from support.pages import image_bytes
from support.scans import coreml, scans

from .conftest import Armarius, reading


@pytest.fixture(autouse=True)
def images(made: Bench) -> None:
    scans(made.folder / "scans", 12)


def test_to_the_end(armarius: Armarius, made: Bench) -> None:
    reading(made, {1: PageFault.NO_LINES})
    result = armarius("segment", "scans", "-f", "alto", "-f", "page", "-o", "out")
    assert "11 of 12 pages done: 132 lines\n" in result.stdout
    assert "left out f2: It is left out by a fake site (no_lines)." in result.stdout
    assert f"pages   {made.folder / 'out' / 'pages'}" in result.stdout
    assert f"report  {made.folder / 'out' / 'report.html'}" in result.stdout
    assert len(list((made.folder / "out" / "pages").iterdir())) == 22
    assert "12 pages, dataset " in result.stderr
    told = [line.split()[1:] for line in result.stderr.splitlines() if line[2:3] == ":"]
    words = [" ".join(each) for each in told]
    assert [each.split()[0] for each in words if not each[0].isdigit() and not each.startswith("left")] == [
        "packed", "placed", "staging", "segmenting", "returning", "done",
    ]  # fmt: skip
    assert "left out f2: It is left out by a fake site (no_lines)." in words
    assert "2 of 12 pages 10.0 pages/min about 1 min left, ends about" in " | ".join(words)
    assert words[-3].startswith("12 of 12 pages")


def test_to_the_end_for_programs(armarius: Armarius, made: Bench) -> None:
    reading(made)
    said = json.loads(armarius("segment", "scans", "-o", "out", "--json").stdout)
    assert (said["kind"], said["model_kind"], said["state"]) == ("segment", "segmentation", "done")
    (run,) = said["runs"]
    assert (run["task"], run["step"], len(run["report"]["pages"])) == ("segment", 12, 12)


def test_options_become_the_request(armarius: Armarius, made: Bench, pool: Pool) -> None:
    coreml(made.folder / "s.mlmodel", "segmentation")
    armarius(
        "segment", "scans/f1.png", "scans/f2.png", "-i", "s.mlmodel", "-f", "page", "-d", "vertical-rl", "--input-pad",
        "5", "--name", "layout", "-o", "out", "--site", "alpha", "--threads", "2", "--priority", "3", "--detach",
    )  # fmt: skip
    (job,) = pool.jobs()
    row = job.status()
    request = row.request
    assert row.state is JobState.PACKED
    assert request.pages is not None
    assert not isinstance(request.pages.segmentation, str)
    assert request.pages == PageParameters(
        segmentation=request.pages.segmentation, formats=("page",), text_direction="vertical-rl", input_padding=5
    )
    assert request.segmentation_path == made.folder / "s.mlmodel"
    assert (request.name, request.site, request.cpus, request.priority) == ("layout", "alpha", 2, 3)


def test_what_cannot_be_opened_is_named_and_the_others_go_on(armarius: Armarius, made: Bench, pool: Pool) -> None:
    (made.folder / "scans" / "torn.png").write_bytes(image_bytes(1)[:50])
    result = armarius("segment", "scans", "-o", "out", "--detach")
    assert "torn.png: is damaged or cut off" in result.stderr
    assert "12 pages, dataset" in result.stderr
    assert result.stdout.startswith(f"job {pool.jobs()[0].id} is written down")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["pages/p1.xml"], "p1.xml is no image"),
        (["scans", "-f", "text"], "'text' is not one of"),
        (["scans", "-i", "nowhere.mlmodel"], "nowhere.mlmodel cannot be read"),
        (["scans", "--input-pad", "-1"], "--input-padding"),
        (["scans", "-f", "alto", "-f", "alto"], "a format is named twice"),
    ],
)
def test_bad_input_ends_with_2(armarius: Armarius, pool: Pool, arguments: list[str], said: str) -> None:
    result = armarius("segment", *arguments, "-o", "out", "--detach", code=2)
    assert said in result.stderr
    assert (result.stdout, pool.jobs()) == ("", [])


def test_one_that_fails_ends_with_1_and_goes_on_when_asked(armarius: Armarius, made: Bench, pool: Pool) -> None:
    reading(made, outcome=Outcome.FAILED, reason=Reason.BAD_MODEL)
    result = armarius("segment", "scans", "-o", "out", code=1)
    (job,) = pool.jobs()
    assert f"Go on with: armarius resume {job.id}" in result.stdout
    reading(made)
    assert "12 of 12 pages done" in armarius("resume", job.id).stdout
    assert [run.spec.pages.skip for run in made.site.runs.values() if run.spec.pages] == [(), tuple(range(12))]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_where_no_page_at_all_could_be_done_it_ends_with_1(
    armarius: Armarius, made: Bench, options: tuple[str, ...]
) -> None:
    reading(made, dict.fromkeys(range(12), PageFault.NO_LINES))
    said = armarius("segment", "scans", "-o", "out", *options, code=1).stdout
    if options:
        assert json.loads(said)["state"] == "done"
        return
    first, second, *others = said.splitlines()
    assert first == "None of 12 pages could be done: the reasons are below."
    assert second == "left out f1: It is left out by a fake site (no_lines)."
    assert "… and 2 more pages left out, all in the report" in others


def test_the_other_commands_know_of_it(armarius: Armarius, made: Bench, pool: Pool) -> None:
    reading(made, {0: PageFault.BAD_IMAGE})
    armarius("segment", "scans", "-o", "out", "--name", "layout")
    (job,) = pool.jobs()
    row = armarius("jobs").stdout.splitlines()[1].split()
    assert row[1:4] == ["done", "layout", "segment"]
    assert "12 of 12 pages" in armarius("jobs").stdout
    story = armarius("show", job.id).stdout
    assert story.startswith(f"layout: done   (job {job.id}, segment, dataset ")
    assert "left out f1: It is left out by a fake site (bad_image)." in story
    assert "segmenting" in armarius("log", job.id).stdout
    page = made.folder / "own.html"
    armarius("report", job.id, "-o", str(page))
    assert "Segmented 11 of 12 pages in 1.0 s on alpha: 132 lines." in page.read_text()
    assert "segment 660.0 pages/min (1 run)" in armarius("sites").stdout
    armarius("usage")


def test_explain_says_where_it_would_go(armarius: Armarius, pool: Pool) -> None:
    armarius("segment", "scans", "-o", "out", "--detach")
    said = armarius("explain", pool.jobs()[0].id).stdout
    assert "now: alpha (done in about" in said
    assert "a guess" in said


def test_it_can_be_cancelled(armarius: Armarius, pool: Pool) -> None:
    armarius("segment", "scans", "-o", "out", "--detach")
    (job,) = pool.jobs()
    assert "is cancelled" in armarius("cancel", job.id).stdout


def test_the_task_is_asked_of_the_site(armarius: Armarius, made: Bench) -> None:
    reading(made)
    armarius("segment", "scans/f1.png", "-o", "out")
    assert [run.spec.task for run in made.site.runs.values()] == [Task.SEGMENT]
