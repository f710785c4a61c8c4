import json
from pathlib import Path

import pytest

from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from armarius.client.results import write_report, write_results
from armarius.functions.contracts import Line, Manifest, Page, PageImage, Split, Task
from support.jobs import START, epochs, evaluation_report, job, progress, request, run, train_report

OWNER = "test"


@pytest.fixture
def journal(tmp_path):
    opened = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    yield opened
    opened.close()


@pytest.fixture
def finished(journal, tmp_path):
    """A training in the journal, as it is when its models have come home."""
    wish = request(output=tmp_path / "out", dataset_dir=tmp_path / "dataset")
    attempt = run(1, train_report())
    journal.create("job1", wish, START, "31 pages")
    journal.claim("job1", OWNER, START, 60)
    journal.open_run(
        "job1", OWNER, START, site="local", spec=attempt.spec, shape=attempt.shape, walltime=600.0, number=1, message=""
    )
    lines = progress(epochs(20))
    journal.heard("job1", OWNER, "job1-1", lines, len(lines), attempt.report_json)
    journal.move("job1", OWNER, JobState.RETURNING, START + 257, "finished")
    return journal.job("job1")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_training_leaves_report_card_and_provenance(finished, journal, tmp_path):
    write_results(finished, journal)
    files = contents(tmp_path / "out")
    assert set(files) == {"report.html", "README.md", "provenance.json"}
    assert b"Trained in 4 min 12 s on local" in files["report.html"]
    assert b"After" in files["report.html"]  # the progress came from the journal
    assert files["README.md"].startswith(b"---\n")


def test_writing_again_changes_nothing(finished, journal, tmp_path):
    write_results(finished, journal)
    first = contents(tmp_path / "out")
    write_results(finished, journal)
    assert contents(tmp_path / "out") == first


def test_provenance_holds_what_was_asked_and_answered_and_nobodys_folders(finished, journal, tmp_path):
    write_results(finished, journal)
    text = (tmp_path / "out" / "provenance.json").read_text()
    told = json.loads(text)
    assert told["request"]["parameters"]["batch_size"] == 8
    assert told["versions"]["kraken"] == "7.1.1"
    assert [each["report"]["outcome"] for each in told["runs"]] == ["finished"]
    assert told["runs"][0]["spec"]["dataset"] == "d" * 64
    assert str(tmp_path) not in text


def test_pages_are_counted_where_the_dataset_is_at_hand(finished, journal, tmp_path):
    line = Line(id="l", baseline=((0, 5), (9, 5)), text="a")
    pages = tuple(
        Page(
            name=f"p{number}",
            image=PageImage(sha256=f"{number}" * 64, size=1, width=10, height=10, format="PNG"),
            split=Split.TRAIN if number else Split.VALIDATION,
            lines=(line,),
        )
        for number in range(3)
    )
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "manifest.json").write_bytes(Manifest(pages=pages).canonical_json())
    write_results(finished, journal)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| train | 2 | 268 |" in card
    assert "| validation | 1 | 31 |" in card


def test_a_damaged_dataset_does_not_keep_the_results(finished, journal, tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "manifest.json").write_bytes(b"{")
    write_results(finished, journal)
    assert "| train | not known | 268 |" in (tmp_path / "out" / "README.md").read_text()


def test_an_evaluation_leaves_its_figures(journal, tmp_path):
    wish = request(JobKind.EVALUATE, output=tmp_path / "out")
    write_results(job([run(1, evaluation_report(), task=Task.EVALUATE)], wish=wish), journal)
    assert set(contents(tmp_path / "out")) == {"report.html", "evaluation.json"}
    told = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert told["report"]["metrics"]["cer"] == 0.087
    assert told["report"]["metrics"]["confusions"][0] == {"correct": "ſ", "read": "f", "count": 31}
    assert told["model"]["sha256"] == "a" * 64


def test_a_report_can_be_had_of_a_job_that_has_not_begun(journal, tmp_path):
    path = tmp_path / "new" / "page.html"
    write_report(job([], state=JobState.PACKED, events=[], wish=request(output=Path("out"))), journal, path)
    assert "Packed, and not begun" in path.read_text()
