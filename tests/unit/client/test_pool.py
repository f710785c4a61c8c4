from pathlib import Path

import pytest

from armarius.client.config import PoolConfig
from armarius.client.errors import ConfigurationError, JobEnded, OutputTaken
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.pool import Pool
from armarius.client.prepare import CLAIM, free_folder, name_for
from armarius.functions.contracts import BadInput, Outcome, RunState
from support.desk import MODEL, WEIGHTS, Bench
from support.jobs import baseline, epochs
from support.pages import write_pairs


@pytest.fixture
def pool(made: Bench) -> Pool:
    return Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), made.desk())


def live(made: Bench) -> None:
    """The site computes whatever it has in an instant."""
    for run_id, run in made.site.runs.items():
        if run.state is RunState.UNKNOWN:
            made.site.end(run_id, Outcome.FINISHED, models=(MODEL,))


def test_train_wait_result(pool: Pool, made: Bench) -> None:
    job = pool.train([made.folder / "pages"], name="poilus", output=made.folder / "out", held_out=1)

    def seen(_row: JobRow) -> None:
        live(made)

    assert job.wait(seen).state is JobState.DONE
    result = job.result()
    assert result.models == {"safetensors": made.folder / "out" / "poilus.safetensors"}
    assert result.models["safetensors"].read_bytes() == WEIGHTS
    assert {path.name for path in result.output.iterdir()} >= {"report.html", "README.md", "provenance.json"}
    assert [each.id for each in pool.jobs()] == [job.id]
    assert pool.job(job.id[:4]).status().state is JobState.DONE
    with pytest.raises(JobEnded, match="nothing to resume"):
        job.resume()


def test_a_script_can_ask_whether_it_became_better(pool: Pool, made: Bench) -> None:
    job = pool.train([made.folder / "pages"], name="poilus", output=made.folder / "out")

    def seen(_row: JobRow) -> None:
        for run_id, run in made.site.runs.items():
            if run.state is RunState.UNKNOWN:
                figures = {"epochs": epochs(20), "best_epoch": 17, "baseline": baseline(0.0651), "improved": False}
                made.site.end(run_id, Outcome.FINISHED, models=(MODEL,), **figures)

    assert job.wait(seen).state is JobState.DONE
    result = job.result()
    assert result.improved is False
    assert result.models["safetensors"].name == "poilus-not-better.safetensors"
    assert result.models["safetensors"].read_bytes() == WEIGHTS


def test_a_job_that_failed_has_no_result(pool: Pool, made: Bench) -> None:
    job = pool.train([made.folder / "pages"], output=made.folder / "out")
    job.cancel()
    with pytest.raises(JobEnded, match="is cancelled"):
        job.result()


def test_results_never_overwrite(pool: Pool, made: Bench) -> None:
    (made.folder / "out").mkdir()
    (made.folder / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputTaken, match="out holds something"):
        pool.train([made.folder / "pages"], output=made.folder / "out")
    assert pool.jobs() == []


def test_two_jobs_cannot_share_a_folder(pool: Pool, made: Bench) -> None:
    first = pool.train([made.folder / "pages"], output=made.folder / "out")
    assert (made.folder / "out" / CLAIM).read_text().strip() == first.id
    with pytest.raises(OutputTaken):
        pool.train([made.folder / "pages"], output=made.folder / "out")


def test_a_folder_that_cannot_be_made_is_named(pool: Pool, made: Bench) -> None:
    (made.folder / "file").write_text("")
    with pytest.raises(BadInput, match="file"):
        pool.train([made.folder / "pages"], output=made.folder / "file" / "out")


def test_an_unknown_site_is_refused_before_anything_is_written(pool: Pool, made: Bench) -> None:
    with pytest.raises(ConfigurationError, match="beta"):
        pool.train([made.folder / "pages"], output=made.folder / "out", site="beta")
    assert not (made.folder / "out").exists()


def test_names(tmp_path: Path) -> None:
    pages = write_pairs(tmp_path / "Lettres d'été (1915)", 1)
    assert name_for(pages) == name_for([pages[0].parent]) == "Lettres-d-été-1915"
    (tmp_path / "model").mkdir()
    assert free_folder(tmp_path, "model") == tmp_path / "model-2"
