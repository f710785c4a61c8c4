import json

import pytest
from sqlalchemy import text

from armarius.client.accounts.moments import moment_of
from armarius.client.accounts.sheet import as_csv
from armarius.client.accounts.usage import Used, usage
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from armarius.client.ports import TransferState, TransferView
from armarius.functions.contracts import BadInput
from support.accounts import HOUR, a_job, computes, ends, open_run, used
from support.jobs import epoch_model

NOW = 1_760_000_000.0


def names(journal: Journal, *args: object) -> dict[str, tuple[int, int, float]]:
    found = usage(journal, *args)
    return {row.name: (row.jobs, row.runs, round(row.gpu_hours, 6)) for row in found.rows}


def test_an_empty_journal_has_no_rows_and_a_total_of_nothing(journal: Journal) -> None:
    found = usage(journal)
    assert (found.rows, found.total) == ((), Used("", 0, 0, 0.0, 0.0, 0.0, 0))


def test_by_user_project_institution_and_site(journal: Journal) -> None:
    used(journal, NOW, 2, gpus=2, user="anna", project="poilus", institution="EPHE")
    used(journal, NOW, 1, user="anna", project="charters", institution="EPHE", site="beta")
    used(journal, NOW, 3, user="ben", project="poilus", institution="PSL")
    assert names(journal, "user") == {"anna": (2, 2, 5.0), "ben": (1, 1, 3.0)}
    assert names(journal, "project") == {"poilus": (2, 2, 7.0), "charters": (1, 1, 1.0)}
    assert names(journal, "institution") == {"EPHE": (2, 2, 5.0), "PSL": (1, 1, 3.0)}
    assert names(journal, "site") == {"alpha": (2, 2, 7.0), "beta": (1, 1, 1.0)}
    assert [row.name for row in usage(journal, "project").rows] == ["poilus", "charters"], "who used most comes first"


def test_a_job_that_moved_counts_on_both_sites_and_once_together(journal: Journal) -> None:
    job = a_job(journal, NOW, user="anna")
    ends(journal, open_run(journal, job, NOW, site="alpha", gpus=1), NOW + HOUR, HOUR, 1, final=False)
    ends(journal, open_run(journal, job, NOW + HOUR, site="beta", gpus=1), NOW + 2 * HOUR, HOUR, 1)
    assert names(journal, "site") == {"alpha": (1, 1, 1.0), "beta": (1, 1, 1.0)}
    assert (usage(journal).total.jobs, usage(journal).total.runs) == (1, 2)


def test_cpu_hours_are_those_of_all_cpus(journal: Journal) -> None:
    used(journal, NOW, 2, gpus=0, cpus=8, user="anna")
    (row,) = usage(journal).rows
    assert (row.cpu_hours, row.gpu_hours, row.wall_seconds) == (16.0, 0.0, 2 * HOUR)


def test_a_run_counts_when_it_ended(journal: Journal) -> None:
    used(journal, NOW, 5, user="anna")
    assert names(journal, "user", NOW, None) == {"anna": (1, 1, 5.0)}
    assert names(journal, "user", NOW + 1, None) == {}
    assert names(journal, "user", None, NOW) == {}
    assert names(journal, "user", None, NOW + 1) == {"anna": (1, 1, 5.0)}


def test_a_lost_run_counts_what_is_known(journal: Journal) -> None:
    job = a_job(journal, NOW, user="anna")
    lost = open_run(journal, job, NOW, gpus=2)
    assert names(journal) == {"anna": (1, 1, 0.0)}
    computes(journal, lost, NOW + 100)
    computes(journal, lost, NOW + 100 + HOUR)
    assert names(journal) == {"anna": (1, 1, 2.0)}
    ends(journal, open_run(journal, job, NOW + 2 * HOUR, gpus=2), NOW + 3 * HOUR, HOUR, 2)
    assert names(journal) == {"anna": (1, 2, 4.0)}


def test_a_report_says_more_than_the_progress_and_never_less(journal: Journal) -> None:
    job = a_job(journal, NOW, user="anna")
    run = open_run(journal, job, NOW, gpus=1)
    computes(journal, run, NOW)
    computes(journal, run, NOW + HOUR)
    ends(journal, run, NOW + 2 * HOUR, 1.5 * HOUR, 1, final=False)
    assert names(journal) == {"anna": (1, 1, 1.5)}
    poor = open_run(journal, job, NOW, gpus=1)
    computes(journal, poor, NOW)
    computes(journal, poor, NOW + HOUR)
    ends(journal, poor, NOW + 2 * HOUR, 10.0, 0)
    assert names(journal) == {"anna": (1, 2, 2.5)}


def test_what_no_release_of_ours_reported_is_no_report(journal: Journal) -> None:
    job = a_job(journal, NOW, user="anna")
    run = open_run(journal, job, NOW, gpus=1)
    journal.heard(job, "me", run, [], 0, {"outcome": "finished", "usage": {"seconds": "many"}})
    assert names(journal) == {"anna": (1, 1, 0.0)}


def test_bytes_of_both_ways_and_of_epochs(journal: Journal) -> None:
    job = a_job(journal, NOW, user="anna")
    run = open_run(journal, job, NOW)
    for way, moved in (("in", 3_000), ("out", 500), ("meanwhile", 7_000)):
        journal.transfers.show(f"{run}-{way}", TransferView(TransferState.DONE, moved=moved, total=moved), NOW)
    model = epoch_model(1, run)
    computes(journal, run, NOW, model=model)
    assert usage(journal).total.bytes_moved == 3_500 + model.size


def test_jobs_of_an_old_journal_are_made_up_for(journal: Journal, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("old")
    old = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
    used(old, NOW, 2, user="anna")
    job = a_job(old, NOW, user="anna")
    lost = open_run(old, job, NOW, gpus=1)
    computes(old, lost, NOW)
    computes(old, lost, NOW + HOUR)
    before = usage(old)
    with old.reading() as session:
        for statement in ("DROP TABLE usage", "DROP TABLE line", "UPDATE armarius_schema SET version = 2"):
            session.execute(text(statement))
        session.commit()
    old.close()
    new = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
    assert usage(new) == before
    assert before.total.gpu_hours == 3.0
    ends(new, open_run(new, job, NOW, gpus=1), NOW + HOUR, HOUR, 1)
    assert new.job(job).state is JobState.DONE
    new.close()


def test_as_a_spreadsheet_takes_it(journal: Journal) -> None:
    used(journal, NOW, 2, user="anna")
    used(journal, NOW, 1, user="=1+1", institution="x")
    lines = as_csv(usage(journal)).splitlines()
    assert lines == [
        "user,jobs,runs,gpu_hours,cpu_hours,wall_hours,bytes_moved",
        "anna,1,1,2.0,2.0,2.0,0",
        "'=1+1,1,1,1.0,1.0,1.0,0",
    ]


def test_as_json(journal: Journal) -> None:
    used(journal, NOW, 2, user="anna")
    told = json.loads(json.dumps(usage(journal, "user", NOW).as_json()))
    assert (told["by"], told["since"], told["until"]) == ("user", NOW, None)
    assert told["rows"][0]["name"] == "anna"
    assert told["total"]["gpu_seconds"] == 2 * HOUR


@pytest.mark.parametrize(
    ("text_", "seconds"), [("2025-10-09T08:53:20+00:00", NOW), ("30d", NOW - 30 * 86_400), ("12h", NOW - 12 * HOUR)]
)
def test_moments(text_: str, seconds: float) -> None:
    assert moment_of(text_, NOW) == seconds


@pytest.mark.parametrize("text_", ["", "yesterday", "2026-13-01", "9" * 30 + "d"])
def test_what_is_no_moment_is_refused(text_: str) -> None:
    with pytest.raises(BadInput, match="is no date"):
        moment_of(text_, NOW)
