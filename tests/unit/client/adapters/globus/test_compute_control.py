"""Control calls: whatever goes wrong on a line, the next call has another."""

from concurrent.futures import CancelledError
from typing import Any

import pytest
from globus_compute_sdk.errors import DeserializationError, TaskExecutionFailed

from armarius.client.errors import SignInNeeded, SiteRefused, SiteUnreachable
from armarius.functions.contracts import Answer, Refusal
from support.globus_bench import GlobusBench, function_id

FOUND = {"runs": []}


@pytest.fixture
def bench() -> GlobusBench:
    return GlobusBench()


def call(bench: GlobusBench) -> dict[str, Any]:
    return bench.compute.call("progress", {"runs": []})


def malformed() -> Exception:
    """What the SDK's thread makes of a result that it may not open."""
    error = Exception("Malformed or unexpected data structure. Data: gASV")
    error.__cause__ = DeserializationError("DillDataBase64 is never opened")
    return error


def test_calls_share_a_line(bench: GlobusBench) -> None:
    bench.answer(FOUND, FOUND)
    assert [call(bench), call(bench)] == [FOUND, FOUND]
    [line] = bench.service.lines
    assert line.sent == [(function_id("progress"), {"runs": []})] * 2


def test_a_refusal_comes_in_the_sites_words_and_with_its_own_hope(bench: GlobusBench) -> None:
    for transient in (True, False):
        refusal = Refusal(error="DiskFull", message="No room.", hint="Wait.", transient=transient)
        bench.service.answers.append(Answer(refusal=refusal).model_dump(mode="json"))
        with pytest.raises(SiteRefused, match=r"^lab: No room\. Wait\.$") as caught:
            call(bench)
        assert caught.value.transient is transient
    assert len(bench.service.lines) == 1


@pytest.mark.parametrize("found", [None, [], "text", {"state": "x"}, {"answer": 3}])
def test_what_is_no_answer_is_refused(bench: GlobusBench, found: Any) -> None:
    bench.service.answers.append(found if found is not None else {"nothing": None})
    with pytest.raises(SiteRefused, match=r"cannot be understood.*same version"):
        call(bench)


def test_a_pickled_answer_is_refused_and_the_line_is_good(bench: GlobusBench) -> None:
    bench.answer(malformed(), FOUND)
    with pytest.raises(SiteRefused, match="never opened") as caught:
        call(bench)
    assert "gASV" not in str(caught.value)
    assert call(bench) == FOUND
    assert len(bench.service.lines) == 1


def test_a_function_that_failed_leaves_the_line_good(bench: GlobusBench) -> None:
    bench.answer(TaskExecutionFailed("Traceback (most recent call last):\nKeyError: 'x'\n"), FOUND)
    with pytest.raises(SiteRefused, match="KeyError: 'x'"):
        call(bench)
    assert call(bench) == FOUND
    assert len(bench.service.lines) == 1


@pytest.mark.parametrize("broken", [RuntimeError("SDK thread quit unexpectedly."), OSError("reset"), CancelledError()])
def test_a_broken_line_spoils_nothing(bench: GlobusBench, broken: BaseException) -> None:
    bench.answer(broken, FOUND)
    with pytest.raises(SiteUnreachable, match="The line to lab broke"):
        call(bench)
    bench.clock.pass_(10)
    assert call(bench) == FOUND
    assert [line.hung_up for line in bench.service.lines] == [True, False]


def test_an_answer_that_never_comes_is_not_waited_for_longer_than_said(bench: GlobusBench) -> None:
    bench.answer(None, FOUND)
    with pytest.raises(SiteUnreachable, match="lab did not answer 'progress' within"):
        call(bench)
    assert bench.service.lines[0].hung_up
    bench.clock.pass_(10)
    assert call(bench) == FOUND


def test_a_line_is_given_up_when_the_caller_is_stopped(bench: GlobusBench) -> None:
    bench.answer(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        call(bench)
    assert bench.service.lines[0].hung_up


def test_a_dead_site_is_left_alone_longer_and_longer(bench: GlobusBench) -> None:
    pauses = [10, 20, 40, 80, 160, 300, 300]
    for pause in pauses:
        bench.answer(None)
        with pytest.raises(SiteUnreachable, match="did not answer"):
            call(bench)
        bench.clock.pass_(pause - 1)
        with pytest.raises(SiteUnreachable, match=r"tried again at \d\d:\d\d:\d\d\. Before: lab did not answer"):
            call(bench)
        bench.clock.pass_(1)
    assert len(bench.service.lines) == len(pauses)
    bench.answer(FOUND, None)
    assert call(bench) == FOUND
    with pytest.raises(SiteUnreachable, match="did not answer"):
        call(bench)
    bench.clock.pass_(10)  # it begins anew
    bench.answer(FOUND)
    assert call(bench) == FOUND


def test_a_clock_that_is_put_back_does_not_lock_a_site_out(bench: GlobusBench) -> None:
    bench.answer(None, FOUND)
    with pytest.raises(SiteUnreachable):
        call(bench)
    bench.clock.pass_(-86400)
    assert call(bench) == FOUND


def test_a_sign_in_is_soon_noticed(bench: GlobusBench) -> None:
    for _ in range(5):
        bench.answer(SignInNeeded("Nobody is signed in.", "armarius login"))
        with pytest.raises(SignInNeeded):
            call(bench)
        with pytest.raises(SiteUnreachable, match="Nobody is signed in"):
            call(bench)
        bench.clock.pass_(10)
    bench.answer(FOUND)
    assert call(bench) == FOUND
