import re

import pytest

from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.report import render_report
from armarius.functions.contracts import Blob, Confusion, LineReading, Outcome, Phase, Progress, Reason, Task
from support.jobs import (
    EVENTS,
    START,
    epoch_model,
    epochs,
    evaluated,
    event,
    failed_report,
    fine_tuned,
    job,
    layout_metrics,
    layout_trained,
    measured,
    metrics,
    progress,
    request,
    run,
    train_report,
    trained,
)

HOSTILE = """"'><script>alert(1)</script><img src=http://evil.example/x.png onerror=alert(2)>&amp;\u202egnp.exe"""
LOADING = {
    "script",
    "link",
    "img",
    "iframe",
    "object",
    "embed",
    "audio",
    "video",
    "source",
    "base",
    "form",
    "image",
    "use",
}

STATES = {
    "done": trained(),
    "not measured": trained(metrics=None),
    "with ranges and lines": trained(metrics=measured(), epoch_models=(epoch_model(1), epoch_model(2))),
    "better": job([run(1, fine_tuned(improved=True))]),
    "not better": job([run(1, fine_tuned(improved=False, metrics=measured()))]),
    "not calibrated": trained(calibration=None),
    "zero epochs": trained(epochs=(), best_epoch=None),
    "evaluated": evaluated(),
    "a segmentation": layout_trained(),
    "a segmentation of regions alone": layout_trained(metrics=layout_metrics(lines=None, line_types=())),
    "a segmentation of lines alone": layout_trained(metrics=layout_metrics(region_iu=None)),
    "failed": job([run(1, failed_report(Reason.BAD_DATA, "Bad."))], state=JobState.FAILED, error="Bad."),
    "failed at home": job([], state=JobState.FAILED, error="No site fits.", events=[]),
    "cancelled": job([run(1, train_report(outcome=Outcome.CANCELLED, models=()))], state=JobState.CANCELLED),
    "waiting": job([], state=JobState.WAITING, events=[event(JobState.WAITING, 1, "No site takes it now.")]),
    "new": job([], state=JobState.PACKED, events=[event(*EVENTS[0])]),
    "running": job([run(1)], state=JobState.CALIBRATING, events=[event(*each) for each in EVENTS[:4]]),
    "returning": job([run(1, train_report())], state=JobState.RETURNING, events=[event(*each) for each in EVENTS[:5]]),
    "evaluating": job([run(1, task=Task.EVALUATE)], state=JobState.EVALUATING, wish=request(JobKind.EVALUATE)),
}


@pytest.fixture(params=STATES, ids=str)
def page(request, read_page):
    lines = progress(epochs(4)) if request.param in ("running", "cancelled") else []
    return read_page(render_report(STATES[request.param], lines))


def test_it_loads_nothing(page):
    assert not LOADING & {tag for tag, _ in page.tags}
    assert not {"src", "href", "srcset", "xlink:href"} & {name for _, given in page.tags for name in given}
    assert not re.search(r"url\(|@import|expression", page.style)
    (policy,) = [each for each in page.named("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy["content"].startswith("default-src 'none'")


def test_it_runs_nothing(page):
    assert not [name for _, given in page.tags for name in given if name.startswith("on")]


def test_its_drawings_have_words_and_its_ids_are_single(page):
    for svg in page.named("svg"):
        assert svg.get("aria-label") or svg.get("aria-labelledby") or svg.get("aria-hidden") == "true"
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    named = {each for svg in page.named("svg") for each in (svg.get("aria-labelledby") or "").split()}
    assert named <= set(ids)


def test_it_knows_phones_dark_screens_and_paper(page):
    assert {"viewport", "color-scheme"} <= {each.get("name") for each in page.named("meta")}
    assert {"(prefers-color-scheme: dark)", "print"} <= set(re.findall(r"@media ([^{]+?) \{", page.style))
    assert "html" in [tag for tag, _ in page.tags] and page.named("html")[0]["lang"] == "en"


def test_it_can_be_written(page):
    assert "None" not in page.text.replace("None.", "")
    page.text.encode()


def test_a_segmentation_says_everything(read_page):
    page = read_page(render_report(layout_trained(), [], {"train": 20, "test": 3}))
    for part in (
        "Training of a segmentation model",
        "finds 94.7 % of the lines of 3 pages kept apart from this training, and its regions agree with "
        "theirs to 88.4 % (mean IU 41.2 %).",
        "Lines found 94.7 % 93.1 % of what it finds is right",
        "mean IU (%)",
        "mean loss per page",
        "Baselines (F1)",
        "heading 50.0 % 62.5 % 55.6 %",
        "starts of lines 15.2 %",
        "<b>margin</b> –",
        "train 20 812 40",
        "blla, which kraken brings along",
        "base blla",
    ):
        assert part in page.text, part
    for word in ("CER", "characters", "misreads", "Words"):
        assert word not in page.text


def test_a_training_says_everything(read_page):
    page = read_page(render_report(trained(), progress(epochs(20)), {"train": 25, "validation": 3, "test": 3}))
    for part in (
        "Trained in 4 min 12 s on local; reads 91.3 % of the characters of 47 lines it never saw (CER 8.7 %).",
        "best: epoch 17",
        "The figures of 20 epochs",
        "latin small letter long s (U+017F)",
        "nothing (left out)",
        "right-to-left override (U+202E)",
        "calibrate on local: shape cpu2, 10 min",
        "2 min 45 s to 17 min 40 s",
        "as foretold",
        "foretold 2.9 GB",
        "none: trained from scratch",
        "Armarius 0.1.0, kraken 7.1.1, PyTorch 2.9.1, Python 3.11.9",
        "node07",
        "2 lines could not be cut out of the page and were left out.",
        "poilus.mlmodel",
        "1" * 64,
        "d" * 64,
        "batch_size 8",
    ):
        assert part in page.text
    assert re.search(r"\btrain 25 268\b", page.text)
    assert len(page.named("polyline")) == 5  # accuracy, loss, memory; the end as told, at the earliest and the latest


def test_an_evaluation_has_no_curve(read_page):
    page = read_page(render_report(evaluated(), []))
    assert "Learning curve" not in page.text
    assert page.named("polyline") == []
    assert "base.mlmodel" in page.text


def test_a_run_under_way_is_told_from_one_that_was_lost(read_page):
    row = job([run(1), run(2, task=Task.TRAIN)], state=JobState.TRAINING)
    assert re.findall("lost: no report|not ended yet", read_page(render_report(row, [])).text) == [
        "lost: no report",
        "not ended yet",
    ]


def test_zero_epochs_are_said(read_page):
    assert "No epoch was completed." in read_page(render_report(STATES["zero epochs"], [])).text


def test_a_failure_says_why_and_what_next(read_page):
    page = read_page(render_report(STATES["failed"], []))
    assert "Why it failed Bad. What to do next Correct the pages" in page.text


def test_a_paused_and_resumed_training_shows_both_runs(read_page):
    first = train_report(outcome=Outcome.PAUSED, reason=Reason.WALLTIME, message="The walltime ended.", models=())
    page = read_page(render_report(job([run(1, first), run(2, train_report("job1-2"), task=Task.TRAIN)]), []))
    assert "paused (walltime) The walltime ended." in page.text


def test_hostile_texts_are_only_texts(read_page):
    name = HOSTILE.replace("/", "|")
    hostile = Confusion(correct="<b>", read=HOSTILE, count=3)
    report = train_report(message=HOSTILE, host=HOSTILE, metrics=metrics(confusions=(hostile,)))
    wish = request(name=name[:80], model=Blob(sha256="a" * 64, size=1, name=HOSTILE))
    row = job(
        [run(1, report, site=HOSTILE)],
        wish=wish,
        state=JobState.FAILED,
        error=HOSTILE,
        events=[event(JobState.FAILED, 0, HOSTILE)],
    )
    source = render_report(row, [])
    page = read_page(source)
    assert not LOADING & {tag for tag, _ in page.tags}
    assert not [given for _, given in page.tags for key in given if key.startswith("on")]
    assert "\u202e" not in source
    assert "[U+202E]gnp.exe" in page.text
    assert "<script>alert(1)</script>" in page.text


def test_halves_of_surrogates_do_not_stop_the_writing():
    row = job([run(1)], state=JobState.FAILED, error="scan-\udcff.jpg cannot be read")
    assert b"scan-[U+DCFF].jpg" in render_report(row, []).encode()


def test_it_is_the_same_each_time():
    lines = progress(epochs(20))
    assert render_report(trained(), lines) == render_report(trained(), lines)


def test_a_page_of_a_long_training_stays_small():
    assert len(render_report(trained(epochs=epochs(200), best_epoch=197), progress(epochs(200)))) < 250_000


def test_the_worst_lines_are_shown_with_their_places(read_page):
    text = read_page(render_report(trained(metrics=measured()), [])).text
    assert "The lines with the most errors" in text
    assert "ſoit ꝑ luy foit p ly f12r · l3 4 in 10" in text
    assert "שלום nothing 4 in 4" in text
    assert "CER 8.7 % (6.9 to 9.4 %)" in text
    assert "WER 24.3 % (20.1 to 28.8 %)" in text


def test_hostile_lines_are_only_texts(read_page):
    line = LineReading(correct=HOSTILE, read=HOSTILE, errors=1, characters=90, page=HOSTILE, line=HOSTILE)
    page = read_page(render_report(trained(metrics=measured(worst=(line,))), []))
    assert not {tag for tag, _ in page.tags} & LOADING
    assert "\u202e" not in page.text


def test_a_model_that_is_no_better_is_shown_beside_its_base_model(read_page):
    text = read_page(render_report(STATES["not better"], [])).text
    assert "Its base model 93.5 % CER 6.5 % in validation" in text
    assert "No better than its base model It did not improve" in text
    assert "poilus-not-better.safetensors" in text
    assert "poilus.safetensors" not in text


def test_the_base_model_of_a_segmentation_is_shown_beside_it(read_page):
    before = layout_metrics(split="validation", mean_iu=0.31)
    text = read_page(render_report(layout_trained(baseline=before, improved=True), [])).text
    assert "Its base model 31.0 % mean IU in validation, 94.7 % of lines found" in text
    assert "base model 31.0 %" in text.split("Learning curve")[1]


def test_the_models_of_epochs_are_listed_once_each_while_it_runs_and_after(read_page):
    running = job([run(1)], state=JobState.TRAINING, events=[event(*each) for each in EVENTS[:4]])
    told = [
        Progress(at=START + at, phase=Phase.WRITING, epoch=number, model=epoch_model(number))
        for at, number in enumerate((1, 2, 2))
    ]
    during = read_page(render_report(running, told)).text
    assert during.count("poilus-epoch-002.mlmodel") == 1
    after = read_page(render_report(trained(epoch_models=(epoch_model(1), epoch_model(3))), told)).text
    assert "The models of 2 epochs" in after
    assert "poilus-epoch-003.mlmodel" in after
    assert "poilus-epoch-002.mlmodel" not in after
