"""Calls and their answers."""

import time

import pytest

from armarius.client.errors import SiteRefused, SiteUnreachable
from armarius.client.ports import TaskState
from support.cli import until

from .desk import NO_RUNS, PAUSE, QUIET, SUBMIT, Desk, probed

pytestmark = QUIET


def test_a_call_and_its_answer(desk: Desk) -> None:
    assert desk.compute.call("progress", NO_RUNS) == NO_RUNS
    report = probed(desk.compute)
    assert [(each.role, each.alive) for each in report.user_endpoints if each.role == "control"] == [("control", True)]


def test_a_refusal_of_the_site_in_its_own_words(desk: Desk) -> None:
    with pytest.raises(SiteRefused, match=r"alpha: The site does not understand the message: runs: Field required"):
        desk.compute.call("progress", {})


def test_tokens_that_expire_in_between_are_renewed(desk: Desk) -> None:
    reference = desk.submit()
    desk.compute.call("progress", NO_RUNS)
    desk.cloud.faults.expire_tokens()
    assert desk.compute.call("progress", NO_RUNS) == NO_RUNS
    desk.cloud.faults.expire_tokens()
    assert desk.ended(reference).state is TaskState.RETURNED
    desk.cloud.faults.expire_tokens()
    assert desk.submit()


def test_a_line_that_broke_spoils_nothing(desk: Desk) -> None:
    desk.compute.call("progress", NO_RUNS)
    desk.cloud.faults.drop(SUBMIT, times=None)
    with pytest.raises(SiteUnreachable, match="Globus cannot be reached"):
        desk.compute.call("progress", NO_RUNS)
    desk.cloud.faults.remove()
    with pytest.raises(SiteUnreachable, match="alpha is tried again at"):
        desk.compute.call("progress", NO_RUNS)
    desk.clock.pass_(PAUSE)
    assert desk.compute.call("progress", NO_RUNS) == NO_RUNS


def test_an_answer_that_is_lost_is_not_waited_for_and_spoils_nothing(desk: Desk) -> None:
    desk.compute.call("progress", NO_RUNS)  # the user endpoint is there now
    impatient = desk.adapter(call_seconds=3)
    desk.cloud.faults.lose_results()
    with pytest.raises(SiteUnreachable, match="alpha did not answer 'progress' within 3 s"):
        impatient.call("progress", NO_RUNS)
    desk.clock.pass_(PAUSE)
    assert impatient.call("progress", NO_RUNS) == NO_RUNS


def test_the_broker_may_go_away_and_come_back(desk: Desk) -> None:
    desk.compute.call("progress", NO_RUNS)
    impatient = desk.adapter(call_seconds=5)
    desk.cloud.kill_broker()
    killed = time.time()
    try:
        with pytest.raises(SiteUnreachable):
            impatient.call("progress", NO_RUNS)
    finally:
        desk.cloud.restart_broker()

    def answered() -> bool:
        desk.clock.pass_(300)
        try:
            return impatient.call("progress", NO_RUNS) == NO_RUNS
        except SiteUnreachable:
            return False

    until(answered, "an answer over the new broker")
    # Else the endpoint, of which the cloud heard nothing meanwhile, is offline for the tests that follow.
    until(lambda: desk.cloud.last_heartbeat(str(desk.config.endpoint)) > killed, "a heartbeat by way of the new broker")
