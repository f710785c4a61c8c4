import re

import pytest

from armarius.client.jobs.state import JobState
from armarius.client.report.epochs import epochs_of
from armarius.client.report.facts import gather
from armarius.client.report.headline import headline
from armarius.functions.contracts import Blob, Reason, Task
from support.jobs import (
    EVENTS,
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


def said(row, lines=()):
    facts = gather(row, lines)
    return headline(facts, epochs_of(facts))


def test_a_training_that_ended_well():
    head = said(trained())
    assert head.sentence == (
        "Trained in 4 min 12 s on local; reads 91.3 % of the characters of 47 lines it never saw (CER 8.7 %)."
    )
    assert (head.cause, head.advice, head.note) == ("", "", "")


def test_a_range_is_given_and_explained():
    head = said(trained(metrics=measured()))
    assert "of 47 lines it never saw (CER 8.7 %, 6.9 to 9.4 %)." in head.sentence
    assert "95 % of resamples" in head.note


def test_a_training_that_brought_nothing_says_what_to_keep():
    head = said(job([run(1, fine_tuned(improved=False))]))
    assert head.sentence.startswith("Trained in 4 min 12 s on local without becoming better; reads 91.3 %")
    assert head.heading == "No better than its base model"
    assert head.cause == ("It did not improve on its base model: CER 7.38 % against 6.51 % on 31 validation lines.")
    assert head.advice.startswith("Keep the base model.")
    assert 'ends in "not-better"' in head.advice


def test_a_training_that_brought_something_needs_no_advice():
    head = said(job([run(1, fine_tuned(improved=True))]))
    assert (head.cause, head.advice) == ("", "")
    assert "without" not in head.sentence


def test_a_segmentation_that_brought_nothing_says_so_in_its_own_words():
    before = layout_metrics(split="validation", pages=2, mean_iu=0.51)
    head = said(layout_trained(baseline=before, improved=False))
    assert head.cause == "It did not improve on its base model: mean IU 41.20 % against 51.00 % on 2 validation pages."
    assert "without becoming better" in head.sentence


def test_lines_that_chose_the_best_epoch_are_no_fair_measure():
    head = said(trained(metrics=metrics(split="validation")))
    assert "of the 47 lines that chose its best epoch" in head.sentence
    assert "--held-out" in head.note


def test_nobody_knows_what_a_base_model_saw():
    base = Blob(sha256="a" * 64, size=1, name="base.mlmodel")
    head = said(job([run(1, train_report())], wish=request(model=base)))
    assert "of 47 lines kept apart from this training (CER 8.7 %)" in head.sentence


def test_a_training_that_was_not_measured_says_so():
    head = said(trained(metrics=None))
    assert head.sentence == "Trained in 4 min 12 s on local."
    assert "no measurement" in head.note


def test_a_model_worse_than_silence():
    assert (
        "makes more errors than there are characters (CER 112.0 %)" in said(trained(metrics=metrics(cer=1.12))).sentence
    )


def test_nobody_knows_whether_an_evaluated_model_saw_the_lines():
    assert said(evaluated()).sentence == (
        "Evaluated in 21 s on local: the model reads 91.3 % of the characters of 47 lines (CER 8.7 %)."
    )


def test_results_on_their_way_home_count_as_done():
    row = job([run(1, train_report())], state=JobState.RETURNING)
    assert said(row).sentence.startswith("Trained in")


def test_every_site_is_named_once():
    row = job([run(1, train_report(), site="a"), run(2, train_report(), site="b"), run(3, train_report(), site="a")])
    assert " on a and b; " in said(row).sentence


@pytest.mark.parametrize("reason", [*Reason, None])
def test_every_failure_has_a_cause_and_advice(reason):
    report = failed_report(reason, "Page 3 is damaged.")
    head = said(job([run(1, report)], state=JobState.FAILED, error="Page 3 is damaged."))
    assert head.sentence == "Failed on local before the first epoch was done."
    assert head.cause == "Page 3 is damaged."
    assert head.advice


def test_only_what_can_go_on_is_told_to_resume():
    lost = said(job([run(1, failed_report(Reason.NODE_LOST, "Gone."))], state=JobState.FAILED))
    bad = said(job([run(1, failed_report(Reason.BAD_DATA, "Bad."))], state=JobState.FAILED))
    assert (lost.command, bad.command) == ("armarius resume job1", "")
    assert lost.cause == "Gone."


def test_a_failure_keeps_what_there_is():
    report = failed_report(Reason.DISK_FULL, "Full.", epochs=epochs(6), best_epoch=2)
    head = said(job([run(1, report)], state=JobState.FAILED, error="Full."))
    assert "after 6 epochs, the best of which read" in head.sentence


def test_a_failure_before_any_site():
    head = said(job([], state=JobState.FAILED, error="No site offers a GPU."))
    assert head.sentence == "Failed before it reached a site."


def test_a_cancelled_job_can_go_on():
    head = said(job([run(1)], state=JobState.CANCELLED), progress(epochs(3)))
    assert head.sentence.startswith("Cancelled after 3 epochs")
    assert head.command == "armarius resume job1"


def test_a_waiting_job_says_what_it_waits_for():
    head = said(job([], state=JobState.WAITING, events=[event(JobState.WAITING, 0, "No site takes it now.")]))
    assert (head.sentence, head.cause) == ("Waiting for a site.", "No site takes it now.")
    assert head.command == "armarius watch job1"


@pytest.mark.parametrize("state", [state for state in JobState if not state.final])
def test_every_state_can_be_told(state):
    assert said(job([run(1, task=Task.TRAIN)], state=state, events=[event(*EVENTS[0])])).sentence.endswith(".")


def test_a_training_under_way_says_how_far_it_is():
    head = said(job([run(1)], state=JobState.TRAINING), progress(epochs(6)))
    assert head.sentence.startswith("Training on local: 6 epochs done, the best read")
    assert re.search(r", at most 40 s left, ends about \d\d:\d\d\.\Z", head.sentence)
