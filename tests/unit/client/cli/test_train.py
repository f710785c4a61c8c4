import json
from pathlib import Path

import pytest

from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome, Reason
from support.desk import SHA, WEIGHTS, Bench
from support.jobs import baseline, epochs, measured
from support.pages import L, write_pair

from .conftest import Armarius, computing


def test_detached_it_prints_one_json_object_and_only_writes_down(armarius: Armarius, made: Bench, pool: Pool) -> None:
    result = armarius("train", "pages", "-o", "out", "--name", "poilus", "--detach", "--json")
    assert result.stdout.count("\n") == 1
    said = json.loads(result.stdout)
    assert (said["name"], said["kind"], said["state"], said["runs"]) == ("poilus", "train", "packed", [])
    assert said["output"] == str(made.folder / "out")
    assert made.site.runs == {}
    assert pool.job(said["id"]).status().state is JobState.PACKED
    assert "3 pages, 3 lines (3 transcribed)" in result.stderr


def test_detached_for_people(armarius: Armarius, pool: Pool) -> None:
    result = armarius("train", "pages", "-o", "out", "--detach")
    (job,) = pool.jobs()
    assert result.stdout == f"job {job.id} is written down. Do it with: armarius serve\n"


def test_options_become_the_request(armarius: Armarius, pool: Pool) -> None:
    armarius(
        "train", "pages", "-o", "out", "--detach", "-B", "4", "-N", "7", "-q", "fixed", "-r", "0.01", "--min-epochs",
        "2", "--lag", "3", "--augment", "-u", "NFD", "--resize", "new", "--seed", "5", "-s", "[1,48,0,1 Lbx8]",
        "--schedule", "cosine", "--warmup", "9", "--weight-decay", "0.5", "--precision", "bf16-mixed", "--optimizer",
        "AdamW", "--threads", "2", "--calibration", "30", "--checkpoint-every", "10", "--site", "alpha",
        "--versions", "mlmodel",
    )  # fmt: skip
    request = pool.jobs()[0].status().request
    wanted = {
        "batch_size": 4, "epochs": 7, "quit": "fixed", "lrate": 0.01, "min_epochs": 2, "lag": 3, "augment": True,
        "normalization": "NFD", "resize": "new", "seed": 5, "spec": "[1,48,0,1 Lbx8]", "schedule": "cosine",
        "warmup": 9, "weight_decay": 0.5, "precision": "bf16-mixed", "optimizer": "AdamW",
    }  # fmt: skip
    assert {name: getattr(request.parameters, name) for name in wanted} == wanted
    assert (request.cpus, request.calibration, request.checkpoint_every, request.site) == (2, 30, 10, "alpha")
    assert request.epoch_models == "mlmodel"


def test_a_tag_that_no_site_bears_is_refused_at_once(armarius: Armarius, pool: Pool) -> None:
    result = armarius("train", "pages", "-o", "out", "--only-tag", "eu", "--detach", code=1)
    assert "No site bears the tag 'eu'" in result.stderr
    assert pool.jobs() == []


def test_a_tag_becomes_a_policy(armarius: Armarius, made: Bench, pool: Pool) -> None:
    made.config = made.config.model_copy(update={"tags": ("eu", "own")})
    armarius("train", "pages", "-o", "out", "--only-tag", "own", "--only-tag", "eu", "--detach")
    (job,) = pool.jobs()
    assert job.status().request.policy.tags == ("eu", "own")


def test_pages_for_validation_and_test_are_kept_apart(armarius: Armarius, made: Bench, pool: Pool) -> None:
    own = write_pair(made.folder / "own", "own", 50)
    armarius("train", "pages", "-e", str(own), "--held-out", "1", "-o", "out", "--detach")
    folder = pool.jobs()[0].status().request.dataset_dir
    splits = {page["name"]: page["split"] for page in json.loads((folder / "manifest.json").read_text())["pages"]}
    assert splits.pop("own") == "validation"
    assert sorted(splits.values()) == ["test", "train", "train"]


def test_to_the_end(armarius: Armarius, made: Bench) -> None:
    computing(made)
    result = armarius("train", "pages", "-o", "out", "--name", "poilus")
    assert "CER 8.7 %, WER 24.3 % on 47 test lines (201 errors in 2310 characters)" in result.stdout
    assert str(made.folder / "out" / "poilus.safetensors") in result.stdout
    assert str(made.folder / "out" / "report.html") in result.stdout
    assert (made.folder / "out" / "poilus.safetensors").read_bytes() == WEIGHTS
    told = [line.split()[1:4] for line in result.stderr.splitlines() if line[:2].isdigit() and line[2] == ":"]
    assert [words[0] for words in told] == [
        "packed", "placed", "staging", "calibrating", "epoch", "epoch", "training", "returning", "done",
    ]  # fmt: skip
    assert "accuracy  50.0 %" in result.stderr


def test_the_figures_come_with_their_ranges(armarius: Armarius, made: Bench) -> None:
    computing(made, metrics=measured())
    said = armarius("train", "pages", "-o", "out").stdout
    assert "CER 8.7 % (6.9 to 9.4 %), WER 24.3 % (20.1 to 28.8 %) on 47 test lines" in said
    assert "the ranges hold 95 % of resamples of these lines" in said


def test_a_training_that_brought_nothing_says_what_to_keep(armarius: Armarius, made: Bench) -> None:
    brought = epochs(20)
    computing(made, epochs=brought, best_epoch=17, baseline=baseline(0.0651), improved=False)
    said = armarius("train", "pages", "-o", "out", "--name", "poilus").stdout
    assert "It did not improve on its base model: CER 7.38 % against 6.51 % on 31 validation lines." in said
    assert "Keep the base model" in said
    assert not (made.folder / "out" / "poilus.safetensors").exists()
    assert (made.folder / "out" / "poilus-not-better.safetensors").read_bytes() == WEIGHTS


def test_to_the_end_for_programs(armarius: Armarius, made: Bench) -> None:
    computing(made)
    said = json.loads(armarius("train", "pages", "-o", "out", "--json").stdout)
    assert said["state"] == "done"
    (run,) = said["runs"]
    assert (run["task"], run["site"], run["report"]["models"][0]["sha256"]) == ("calibrate", "alpha", SHA)
    assert [event["state"] for event in said["events"]][-1] == "done"


def test_a_training_that_fails_ends_with_1_and_the_reason(armarius: Armarius, made: Bench) -> None:
    computing(made, Outcome.FAILED, reason=Reason.BAD_DATA, message="No line of p2 can be cut out.")
    result = armarius("train", "pages", "-o", "out", code=1)
    assert "Failed: No line of p2 can be cut out." in result.stdout
    assert "armarius resume" in result.stdout


def test_a_training_that_somebody_cancels_ends_with_3(armarius: Armarius, made: Bench) -> None:
    computing(made, Outcome.CANCELLED, message="Cancelled.")
    assert "Cancelled." in armarius("train", "pages", "-o", "out", code=3).stdout


# What cannot be used -------------------------------------------------------------------------------------------------


def test_problems_are_told_with_the_names_of_their_files(armarius: Armarius, made: Bench) -> None:
    pages = made.folder / "pages"
    (pages / "cut off.xml").write_text("<alto><Layout>")
    write_pair(pages, "half", 60, [L(), L(baseline=None, id="l2")])
    result = armarius("train", "pages", "-o", "out", "--detach", "--json")
    lines = result.stderr.splitlines()
    assert any(line.startswith("page ") and "cut off.xml: ends too early" in line for line in lines)
    assert any(line.startswith("line ") and "half.xml: line l2 is left out" in line for line in lines)
    assert "4 pages, 4 lines (4 transcribed)" in result.stderr
    assert json.loads(result.stdout)["state"] == "packed"


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("-B", "0", "--batch-size"),
        ("-B", "two", "--batch-size"),
        ("-N", "0", "--epochs"),
        ("-N", "1.5", "--epochs"),
        ("-r", "0", "--lrate"),
        ("-r", "nan", "--lrate"),
        ("--lag", "0", "--lag"),
        ("--min-epochs", "-1", "--min-epochs"),
        ("--warmup", "-1", "--warmup"),
        ("--weight-decay", "-0.1", "--weight-decay"),
        ("--seed", "-1", "--seed"),
        ("--seed", str(2**32), "--seed"),
        ("-q", "soon", "--quit"),
        ("-u", "NFX", "--normalization"),
        ("--precision", "8", "--precision"),
        ("--threads", "0", "--threads"),
        ("--calibration", "-1", "calibration"),
        ("--calibration", "nan", "calibration"),
        ("--checkpoint-every", "-1", "checkpoint"),
        ("--name", "a/b", "name"),
        ("--name", "n" * 81, "name"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_option(
    armarius: Armarius, pool: Pool, option: str, value: str, named: str
) -> None:
    result = armarius("train", "pages", "-o", "out", "--detach", option, value, code=2)
    assert named in result.stderr
    assert result.stdout == ""
    assert pool.jobs() == []
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["pages", "--held-out", "9"], "Of 3 pages 9 are to be held out"),
        (["pages", "--held-out", "-1"], "-1 pages cannot be held out"),
        (["pages", "-i", "nowhere.mlmodel"], "nowhere.mlmodel cannot be read"),
        (["pages", "-i", "pages/p1.png"], "p1.png is neither"),
        (["pages", "-e", "pages/p1.xml", "-t", "pages/p1.xml"], "p1.xml is named for validation and for test"),
    ],
)
def test_bad_input_ends_with_2(armarius: Armarius, pool: Pool, arguments: list[str], said: str) -> None:
    result = armarius("train", *arguments, "-o", "out", "--detach", code=2)
    assert said in result.stderr
    assert (result.stdout, pool.jobs()) == ("", [])


def test_an_unknown_site_ends_with_1(armarius: Armarius) -> None:
    result = armarius("train", "pages", "-o", "out", "--site", "beta", "--detach", code=1)
    assert "error: There is no site 'beta'.\n  Known are: alpha.\n" in result.stderr


def test_without_pages_it_says_what_is_missing(armarius: Armarius) -> None:
    assert "PAGES" in armarius("train", code=2).stderr
