import json
from threading import Event

import pytest

from armarius.client.cli.shared import row_json
from armarius.client.job import Job
from armarius.client.pool import Pool
from support.desk import Bench

from .conftest import Armarius, computing


@pytest.fixture
def done(armarius: Armarius, made: Bench) -> str:
    """A training that is done."""
    computing(made)
    return str(json.loads(armarius("train", "pages", "-o", "done", "--name", "finished", "--json").stdout)["id"])


def test_no_jobs(armarius: Armarius) -> None:
    assert len(armarius("jobs").stdout.splitlines()) == 1
    assert json.loads(armarius("jobs", "--json").stdout) == []


def test_all_jobs_oldest_first(armarius: Armarius, done: str, made: Bench, pool: Pool) -> None:
    made.clock.pass_(60)
    waiting = pool.train([made.folder / "pages"], name="poilus", output=made.folder / "out")
    head, *rows = armarius("jobs").stdout.splitlines()
    assert head.split() == ["job", "state", "name", "kind", "begun", "reached"]
    assert [row.split()[:4] for row in rows] == [
        [done, "done", "finished", "train"],
        [waiting.id, "packed", "poilus", "train"],
    ]
    assert rows[0].rstrip().endswith("50.0 %")
    assert [row["id"] for row in json.loads(armarius("jobs", "--json").stdout)] == [done, waiting.id]


def test_a_name_that_looks_like_markup_is_shown_as_it_is(armarius: Armarius, made: Bench, pool: Pool) -> None:
    pool.train([made.folder / "pages"], name="[bold]x", output=made.folder / "out")
    assert "[bold]x" in armarius("jobs").stdout


def test_show_tells_the_whole_story(armarius: Armarius, done: str) -> None:
    said = armarius("show", done[:5]).stdout
    assert said.startswith(f"finished: done   (job {done}, train, dataset ")
    for part in ("packed", "calibrating", "epoch   1   accuracy  12.5 %   loss 120.50   7.2 lines/s", "CER 8.7 %"):
        assert part in said


def test_show_of_a_job_that_waits_says_how_to_go_on(armarius: Armarius, job: Job) -> None:
    assert armarius("show", job.id).stdout.rstrip().endswith(f"Drive it with: armarius watch {job.id}")


def test_show_for_programs(armarius: Armarius, done: str, pool: Pool) -> None:
    result = armarius("show", done, "--json")
    assert result.stdout.count("\n") == 1
    assert json.loads(result.stdout) == json.loads(json.dumps(row_json(pool.job(done).status())))
    assert result.stderr == ""


def test_looking_touches_nothing(armarius: Armarius, job: Job, made: Bench) -> None:
    before = job.status().updated
    for command in (["jobs"], ["show", job.id], ["report", job.id, "-o", "r.html"]):
        armarius(*command)
    assert (job.status().updated, job.status().lease_owner, made.site.runs) == (before, None, {})


def test_a_report_of_a_job_that_has_not_begun(armarius: Armarius, job: Job, made: Bench) -> None:
    result = armarius("report", job.id)
    path = made.folder / "out" / "report.html"
    assert result.stdout == f"{path}\n"
    assert "poilus" in path.read_text()


def test_a_report_somewhere_else(armarius: Armarius, done: str, made: Bench) -> None:
    assert armarius("report", done, "-o", "here/r.html").stdout == "here/r.html\n"
    assert "8.7" in (made.folder / "here" / "r.html").read_text()


def test_a_report_that_cannot_be_written_says_so(armarius: Armarius, job: Job, made: Bench) -> None:
    (made.folder / "file").touch()
    result = armarius("report", job.id, "-o", "file/report.html", code=1)
    assert result.stderr.startswith("error: ")
    assert "file" in result.stderr


@pytest.mark.parametrize("command", ["show", "report", "watch", "cancel", "resume"])
def test_a_job_that_is_none(armarius: Armarius, job: Job, command: str) -> None:
    result = armarius(command, "nosuchjob", code=1)
    assert result.stderr == "error: No job begins with 'nosuchjob'.\n  See them with: armarius jobs\n"


def test_a_job_in_the_middle_is_shown_with_its_accuracy(armarius: Armarius, job: Job, made: Bench) -> None:
    computing(made)
    left = Event()

    def seen(_row: object) -> None:
        if len(job.progress()) > 1:
            left.set()

    job.wait(seen, left)
    assert "50.0 %" in armarius("jobs").stdout
    assert "epoch   2" in armarius("show", job.id).stdout
