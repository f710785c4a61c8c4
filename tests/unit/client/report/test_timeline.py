from itertools import pairwise

import pytest

from armarius.client.jobs.state import JobState
from armarius.client.report.facts import gather
from armarius.client.report.timeline import NARROWEST, timeline
from support.jobs import EVENTS, event, job, run, train_report, trained


def test_each_state_lasts_until_the_next_and_the_end_does_not_last():
    stays = timeline(gather(trained(), []))
    assert [stay.state for stay in stays] == [state.value for state, _, _ in EVENTS]
    assert [round(stay.seconds, 1) for stay in stays[:-1]] == [0.4, 0.5, 2.9, 253.2, 0.6]
    assert stays[-1].seconds is None


def test_the_bar_is_full_and_every_state_can_be_seen():
    stays = [stay for stay in timeline(gather(trained(), [])) if stay.seconds is not None]
    assert sum(stay.width for stay in stays) == pytest.approx(1)
    assert min(stay.width for stay in stays) > NARROWEST / 2
    assert all(next_.left == pytest.approx(stay.left + stay.width) for stay, next_ in pairwise(stays))


def test_the_state_of_a_job_under_way_lasts_until_the_last_sign_of_life():
    row = job([run(1)], state=JobState.CALIBRATING, events=[event(*each) for each in EVENTS[:4]], updated=63.8)
    assert timeline(gather(row, []))[-1].seconds == pytest.approx(60)


def test_results_that_are_home_do_not_return_for_ever():
    row = job([run(1, train_report())], state=JobState.RETURNING, events=[event(*each) for each in EVENTS[:5]])
    assert timeline(gather(row, []))[-1].seconds is None


def test_a_job_that_did_nothing_has_an_empty_bar():
    row = job([], state=JobState.FAILED, events=[event(JobState.FAILED, 0.0)])
    assert timeline(gather(row, []))[0].width == 0
