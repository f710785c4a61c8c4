import csv
import io
import json
import os
import pwd
from pathlib import Path

import pytest

from armarius.client.pool import Pool
from support.accounts import HOUR, used
from support.desk import Bench

from .conftest import Armarius


def test_a_table_for_people(armarius: Armarius, made: Bench) -> None:
    now = made.clock.now()
    used(made.journal, now, 30, gpus=2, cpus=4, user="anna", project="poilus")
    used(made.journal, now, 1.5, gpus=0, cpus=2)
    shown = [line.split() for line in armarius("usage").stdout.splitlines() if line.strip(" ─")]
    assert shown == [
        ["user", "jobs", "runs", "GPU", "hours", "CPU", "hours", "computing", "moved"],
        ["anna", "1", "1", "60.00", "120.00", "30", "h", "0", "B"],
        ["–", "1", "1", "0.00", "3.00", "1", "h", "30", "min", "0", "B"],
        ["together", "2", "2", "60.00", "123.00", "31", "h", "30", "min", "0", "B"],
    ]


def test_for_programs_and_spreadsheets(armarius: Armarius, made: Bench) -> None:
    made.clock.pass_(100 * 86_400)
    now = made.clock.now()
    used(made.journal, now, 2, user="anna", project="poilus", site="beta")
    used(made.journal, now - 20 * 86_400, 9, user="ben", project="poilus")
    told = json.loads(armarius("usage", "--by", "site", "--json").stdout)
    assert [(row["name"], row["gpu_seconds"]) for row in told["rows"]] == [("alpha", 9 * HOUR), ("beta", 2 * HOUR)]
    rows = list(csv.DictReader(io.StringIO(armarius("usage", "--by", "project", "--since", "10d", "--csv").stdout)))
    assert [(row["project"], row["gpu_hours"]) for row in rows] == [("poilus", "2.0")]
    assert json.loads(armarius("usage", "--until", "10d", "--json").stdout)["total"]["jobs"] == 1


def test_what_is_no_date_is_refused(armarius: Armarius) -> None:
    assert "'soon' is no date" in armarius("usage", "--since", "soon", code=2).stderr


@pytest.mark.parametrize("command", ["train", "segtrain"])
def test_a_job_says_whose_it_is(armarius: Armarius, pool: Pool, command: str) -> None:
    armarius(command, "pages", "-o", "out", "--detach", "--project", "poilus", "--priority", "7")
    request = pool.jobs()[0].status().request
    assert (request.user, request.project, request.priority) == (pwd.getpwuid(os.getuid()).pw_name, "poilus", 7)


def test_an_evaluation_too(armarius: Armarius, pool: Pool) -> None:
    armarius("evaluate", "pages", "-m", "blla", "-o", "out", "--detach", "--project", "poilus", "--priority", "-3")
    (job,) = pool.jobs()
    assert (job.status().request.project, job.status().request.priority) == ("poilus", -3)


@pytest.mark.parametrize(("option", "value"), [("--project", "*"), ("--project", "p" * 81), ("--priority", "101")])
def test_names_and_priorities_that_cannot_be(armarius: Armarius, pool: Pool, option: str, value: str) -> None:
    said = armarius("train", "pages", "-o", "out", "--detach", option, value, code=2).stderr
    assert option.strip("-") in said
    assert pool.jobs() == []


def test_a_script_may_say_more(pool: Pool, made: Bench) -> None:
    asked = {"user": "anna", "institution": "EPHE", "project": "poilus", "priority": -1}
    job = pool.train([made.folder / "pages"], output=made.folder / "out", **asked)
    request = job.status().request
    assert {name: getattr(request, name) for name in asked} == asked


def test_a_page_about_what_was_foretold(armarius: Armarius, made: Bench, tmp_path: Path) -> None:
    page = tmp_path / "told.html"
    armarius("usage", "--estimates", str(page))
    assert "Told and true ends" in page.read_text(encoding="utf-8")
