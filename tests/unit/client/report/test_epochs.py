from armarius.client.jobs.state import JobState
from armarius.client.report.epochs import best_of, epochs_of, mended
from armarius.client.report.facts import gather
from armarius.functions.contracts import CheckpointRef, Outcome, Phase, Progress, Reason, Task
from support.jobs import START, epochs, job, progress, run, train_report, trained

CHECKPOINT = CheckpointRef(run_id="job1-1", sha256="c" * 64, size=1, epoch=5, step=170)


def numbers(row, lines=()):
    return [each.number for each in epochs_of(gather(row, lines))]


def paused(done):
    return train_report(
        outcome=Outcome.PAUSED, reason=Reason.WALLTIME, metrics=None, models=(), epochs=done, best_epoch=len(done)
    )


def test_the_last_report_says_all():
    facts = gather(trained(), progress(epochs(20)))
    assert [each.seconds for each in epochs_of(facts)] == [each.seconds for each in epochs(20)]
    assert best_of(facts, epochs_of(facts)).number == 17


def test_mended_steps_are_added_up_over_epochs():
    first, second, third = epochs(3)
    done = (
        first.model_copy(update={"recomputed": 1}),
        second.model_copy(update={"recomputed": 2, "left_out": 1}),
        third,
    )
    again, out = mended(epochs_of(gather(job([run(1, train_report(epochs=done))]), ())))
    assert "Computed again" in again
    assert "3 steps" in again
    assert "Left out" in out
    assert "1 step." in out
    assert mended(epochs_of(gather(trained(), ()))) == ()


def test_runs_that_report_only_their_own_epochs_are_put_together():
    row = job([run(1, paused(epochs(5))), run(2, train_report(epochs=epochs(4, first=6)), task=Task.TRAIN)])
    assert numbers(row) == [*range(1, 10)]


def test_a_run_under_way_is_known_from_its_progress():
    first, second = epochs(8)[:5], epochs(8)[5:]
    row = job(
        [run(1, paused(first)), run(2, task=Task.TRAIN, resume_from=CHECKPOINT)], state=JobState.TRAINING, events=[]
    )
    found = epochs_of(gather(row, progress(first) + progress(second, 200.0, before=5)))
    assert [each.number for each in found] == [*range(1, 9)]
    assert [each.seconds is None for each in found] == [False] * 5 + [True] * 3


def test_epochs_that_ended_while_it_was_measured_count() -> None:
    measured = [line.model_copy(update={"phase": Phase.CALIBRATING}) for line in progress(epochs(2))]
    row = job([run(1)], state=JobState.TRAINING, events=[])
    assert numbers(row, measured + progress(epochs(5)[2:], 100.0, before=2)) == [1, 2, 3, 4, 5]


def test_epochs_lost_with_a_run_and_done_again_count_once():
    lost, again = epochs(7), epochs(9)[5:]
    row = job([run(1), run(2, task=Task.TRAIN, resume_from=CHECKPOINT)], state=JobState.TRAINING, events=[])
    found = epochs_of(gather(row, progress(lost) + progress(again, 300.0, before=5)))
    assert [each.number for each in found] == [*range(1, 10)]
    assert found[5].accuracy == again[0].accuracy != lost[5].accuracy


def test_cutting_out_lines_again_does_not_unmake_epochs():
    again = [Progress(at=START + 500, phase=Phase.COMPILING)]
    row = job([run(1), run(2, task=Task.TRAIN, resume_from=CHECKPOINT)], state=JobState.TRAINING, events=[])
    assert numbers(row, progress(epochs(5)) + again) == [1, 2, 3, 4, 5]


def test_without_a_word_from_the_site_there_are_none():
    facts = gather(job([run(1)], state=JobState.TRAINING), [])
    assert epochs_of(facts) == ()
    assert best_of(facts, ()) is None
