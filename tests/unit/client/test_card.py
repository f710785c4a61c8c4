import json
import subprocess

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.card import Author, CardDetails, model_card
from armarius.functions.contracts import Blob, Confusion
from support.engine_process import find_kraken_python
from support.jobs import (
    calibration,
    epochs,
    fine_tuned,
    job,
    layout_metrics,
    layout_report,
    layout_trained,
    measured,
    metrics,
    request,
    run,
    train_report,
)

KRAKEN = find_kraken_python()
HOSTILE = "---\n+++ <script>alert(1)</script> \"q\" 'q' \\ [x](http:evil) `c` *b* | \u202e 𐎀 # --- y"

CHECK = """
import json, sys
import yaml
from jsonschema import validate
from htrmopo.util import _v1_schema, _yaml_regex, format_checker
for card in json.load(sys.stdin):
    header, content = _yaml_regex.match(card).groups()
    metadata = yaml.safe_load(header)
    validate(metadata, _v1_schema, format_checker=format_checker)
    assert content.startswith("# "), content[:40]
    print(json.dumps(metadata["summary"]))
"""


def card(report=None, details=None, pages=None, **wish):
    report = report or train_report()
    row = job([run(1, report)], wish=request(**wish))
    return model_card(row, report, details or CardDetails(), pages)


def parts(text):
    _, header, body = text.split("---\n", 2)
    return yaml.safe_load(header), body


def test_without_a_person_it_says_that_nobody_said():
    header, body = parts(card())
    assert header["authors"] == [{"name": "Not stated"}]
    assert (header["license"], header["language"], header["script"]) == ("notspecified", ["und"], ["Zyyy"])
    assert "Before publishing, somebody should state: authors; licence; language; script; summary; description" in body


def test_what_a_person_says_is_used():
    details = CardDetails(
        authors=(Author("Ada Lovelace", "London", "https://orcid.org/0000-0000-0000-0000"), Author("Anon")),
        summary="Letters of the First World War",
        description="## Sources\n\n*Letters* of soldiers.",
        license="CC-BY-4.0",
        languages=("fra",),
        scripts=("Latn",),
        datasets=("https://doi.org/10.5281/zenodo.1",),
        base_models=("https://doi.org/10.5281/zenodo.2",),
    )
    header, body = parts(card(details=details))
    assert header["authors"][0]["affiliation"] == "London"
    assert header["authors"][1] == {"name": "Anon"}
    assert header["base_model"] == ["https://doi.org/10.5281/zenodo.2"]
    assert "## Sources\n\n*Letters* of soldiers." in body
    assert "somebody should state" not in body


def test_the_figures_are_per_cent():
    header, body = parts(card())
    assert header["metrics"] == {"cer": 8.7, "wer": 24.3}
    assert "Reads **91.3 %** of the characters of 47 lines right (CER 8.7 %, WER 24.3 %)." in body
    assert "The model never saw them" in body


def test_ranges_are_given_and_explained():
    _, body = parts(card(train_report(metrics=measured())))
    assert "| Character error rate (CER) | 8.7 % (6.9 to 9.4 %) |" in body
    assert "| Word error rate (WER) | 24.3 % (20.1 to 28.8 %) |" in body
    assert "95 % of resamples" in body
    assert "95 % of resamples" not in parts(card())[1]


def test_a_model_that_is_no_better_says_so_first():
    _, body = parts(card(fine_tuned(improved=False)))
    assert "> It did not improve on its base model: CER 7.38 % against 6.51 %" in body
    assert "- poilus-not-better.safetensors (" in body


def test_a_better_model_says_better_than_what():
    _, body = parts(card(fine_tuned(improved=True)))
    assert "Better than its base model: CER 7.38 % against 8.25 % on 31 validation lines." in body
    assert ">" not in body.split("Before publishing")[0].splitlines()[2]


def test_it_says_when_the_measure_is_not_fair():
    _, body = parts(card(train_report(metrics=metrics(split="validation"))))
    assert "they chose its best epoch" in body
    assert "never saw" not in body


def test_a_model_worse_than_silence_is_not_praised():
    _, body = parts(card(train_report(metrics=metrics(cer=1.2))))
    assert "Makes more errors than there are characters" in body


def test_lines_and_pages_of_each_split():
    _, body = parts(card(pages={"train": 25, "validation": 3, "test": 3}))
    assert "| train | 25 | 268 |" in body
    assert "| test | 3 | 47 |" in body
    assert "| train | not known | 268 |" in parts(card())[1]


def test_a_segmentation_speaks_of_lines_and_regions():
    row = layout_trained()
    header, body = parts(model_card(row, layout_report(), CardDetails(), {"train": 20, "test": 3}))
    assert header["model_type"] == ["segmentation"]
    assert header["summary"] == "Segmentation model poilus"
    assert header["metrics"] == {"mean_iu": 41.2, "freq_iu": 87.1, "pixel_accuracy": 95.3, "baseline_f1": 93.9}
    assert "Finds **94.7 %** of the lines of 3 pages; 93.1 % of what it finds is right (mean IU 41.2 %)." in body
    assert "| Region text: IU | 94.7 % |" in body
    assert "<b>" not in body, "the name of a type is no markup"
    assert "| train | 20 | 812 | 40 |" in body
    assert "Trained further from blla, which kraken brings along." in body
    assert "Whether the model that it was trained from had seen them is not known." in body
    assert "reads" not in body.replace("reads nothing", "")
    alone = layout_metrics(lines=None, line_types=())
    assert "Its regions agree with those of 3 pages to **88.4 %**" in model_card(row, layout_report(metrics=alone))


def test_how_it_was_made():
    _, body = parts(card())
    assert "Trained from scratch. The network, in VGSL: \\[1,120,0,1 Cr3" in body
    assert "\n\n- seed: 7\n- batch\\_size: 8\n" in body
    assert "20 epochs; the weights are those of epoch 17" in body
    assert "kraken 7.1.1" in body
    base = Blob(sha256="a" * 64, size=1, name="base.mlmodel")
    header, body = parts(card(model=base))
    assert "Trained further from the model base.mlmodel" in body
    assert "Whether the model that it was trained from had seen them is not known." in body
    assert header["armarius"]["base_model"] == "a" * 64


def test_a_report_with_nothing_in_it_makes_a_card_too():
    bare = train_report(metrics=None, epochs=(), best_epoch=None, models=(), dataset=None, calibration=calibration())
    header, body = parts(card(bare))
    assert header["metrics"] == {}
    assert "There is no measurement" in body
    assert "not on record" in body


def test_hostile_texts_stay_texts():
    confusions = (Confusion(correct="|", read="<i>", count=1),)
    report = train_report(metrics=metrics(confusions=confusions), epochs=epochs(3))
    name = HOSTILE.replace("\n", "").replace("/", "").replace("\\", "")[:80]
    header, body = parts(card(report, model=Blob(sha256="a" * 64, size=1, name=HOSTILE), name=name))
    assert header["summary"] == f"Recognition model {name}".replace("\u202e", "[U+202E]")
    assert "<script>" not in body.replace("\\<script\\>", "")
    assert "| \\| | \\<i\\> | 1 |" in body
    assert "\u202e" not in body


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_every_summary_survives_the_header(text):
    header, _ = parts(card(details=CardDetails(summary="x" + text)))
    assert set(header) == set(parts(card())[0])
    assert header["summary"].startswith("x")


@pytest.mark.kraken
@pytest.mark.skipif(KRAKEN is None, reason="no kraken environment: make envs, or set ARMARIUS_KRAKEN_PYTHON")
def test_htrmopo_accepts_it():
    stated = CardDetails(
        authors=(Author("Ada", "London", "https://orcid.org/0000-0000-0000-0000"),),
        license="CC-BY-4.0",
        languages=("fra", "lat"),
        scripts=("Latn",),
    )
    cards = [
        card(),
        card(details=stated, pages={"train": 25}),
        card(train_report(metrics=None, models=())),
        card(details=CardDetails(summary=HOSTILE, description=HOSTILE)),
    ]
    result = subprocess.run([KRAKEN, "-c", CHECK], input=json.dumps(cards), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    summaries = [json.loads(line) for line in result.stdout.splitlines()]
    assert summaries[0] == "Recognition model poilus"
    assert summaries[3] == HOSTILE.replace("\u202e", "[U+202E]")
