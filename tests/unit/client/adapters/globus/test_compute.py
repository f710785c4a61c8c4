"""The port, over a fake service and a clock that stands still."""

import json
from typing import Any
from uuid import UUID

import pytest
from globus_sdk import NetworkError

from armarius.client.adapters.globus.compute.answers import NOT_JSON
from armarius.client.adapters.globus.compute.holders import PROBE_SECONDS, SURE_SECONDS
from armarius.client.adapters.globus.compute.reference import Reference
from armarius.client.adapters.globus.compute.tasks import Told
from armarius.client.config import RegisteredFunction
from armarius.client.errors import ConfigurationError, SiteRefused, SiteUnreachable
from armarius.client.ports import TaskState
from armarius.functions.contracts import Answer, Refusal, RunSpec, UserEndpoint
from support.globus_bench import ENDPOINT, SHAPE, SPEC, GlobusBench, answered, function_id, report, site_config

BATCH = UserEndpoint(role="batch", shape="cpu4", walltime="8h", age=2, alive=True, uptime=10)


@pytest.fixture
def bench() -> GlobusBench:
    return GlobusBench()


def handed_over(bench: GlobusBench, walltime: float | None = 8 * 3600) -> str:
    return bench.compute.submit(SPEC, SHAPE, walltime)


def tell(bench: GlobusBench, reference: str, **told: Any) -> None:
    found = Reference.read(reference)
    assert found is not None
    assert isinstance(bench.service.told, dict)
    bench.service.told[found.task] = Told(**{"status": "success"} | told)


def as_json(found: dict[str, Any]) -> str:
    return "11\n" + json.dumps(found)


# Handing over ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "walltime", "settings"),
    [
        (None, None, {"role": "batch", "shape": "cpu4"}),
        (None, 1800.0, {"role": "batch", "shape": "cpu4", "walltime": "30m"}),
        ("htr", 28800.0, {"role": "batch", "shape": "cpu4", "walltime": "8h", "project": "htr"}),
    ],
)
def test_asks_for_role_shape_walltime_and_project_and_nothing_else(
    project: str | None, walltime: float | None, settings: dict[str, str]
) -> None:
    bench = GlobusBench(project=project)
    handed_over(bench, walltime)
    endpoint, asked, function, payload = bench.service.submitted[0]
    assert (endpoint, asked, function) == (ENDPOINT, settings, function_id("train"))
    assert RunSpec.model_validate(json.loads(json.dumps(payload))) == SPEC


def test_a_refused_submission_tells_why_and_is_not_held_against_the_site(bench: GlobusBench) -> None:
    bench.service.refusal = SiteRefused("no")
    for _ in range(2):
        with pytest.raises(SiteRefused, match="no"):
            handed_over(bench)


def test_a_submission_that_found_nobody_is_not_repeated_at_once(bench: GlobusBench) -> None:
    bench.service.refusal = NetworkError("no route", OSError())
    with pytest.raises(SiteUnreachable, match="no route"):
        handed_over(bench)
    bench.service.refusal = None
    with pytest.raises(SiteUnreachable, match=r"lab is tried again at \d\d:\d\d:\d\d.*no route"):
        handed_over(bench)
    bench.clock.pass_(10)
    assert handed_over(bench)


def test_functions_of_another_release_are_not_called() -> None:
    drifted = site_config().functions | {"probe": RegisteredFunction(id=function_id("probe"), sha256="0" * 64)}
    bench = GlobusBench(functions=drifted)
    with pytest.raises(ConfigurationError, match=r"another release of Armarius: probe.*armarius endpoint register"):
        handed_over(bench)
    with pytest.raises(ConfigurationError, match="another release"):
        bench.compute.call("progress", {})
    assert not bench.service.submitted
    assert not bench.service.lines


def test_a_site_need_not_offer_all_functions() -> None:
    offered = {name: each for name, each in site_config().functions.items() if name != "evaluate"}
    bench = GlobusBench(functions=offered)
    assert handed_over(bench)
    with pytest.raises(ConfigurationError, match="does not offer 'evaluate'"):
        bench.compute.call("evaluate", {})


# What became of it -------------------------------------------------------------------------------------------------


def test_a_task_is_known_after_a_restart(bench: GlobusBench) -> None:
    reference = handed_over(bench)
    tell(bench, reference, result=as_json(answered({"state": "ended"})))
    assert bench.adapter().task(reference).state is TaskState.RETURNED


@pytest.mark.parametrize("reference", ["", "job1-1", "3", "a/b/c/d", f"{UUID(int=1)}/cpu4/8h/never"])
def test_the_reference_of_another_service_is_unknown(bench: GlobusBench, reference: str) -> None:
    assert bench.compute.task(reference).state is TaskState.UNKNOWN
    assert not bench.service.asked


@pytest.mark.parametrize("status", ["received", "waiting-for-ep", "waiting-for-nodes", "running"])
def test_what_has_not_ended_is_pending(bench: GlobusBench, status: str) -> None:
    reference = handed_over(bench)
    tell(bench, reference, status=status)
    bench.answer(report(BATCH))
    assert bench.compute.task(reference).state is TaskState.PENDING


def test_one_that_the_service_has_forgotten_is_unknown_and_not_failed(bench: GlobusBench) -> None:
    assert bench.compute.task(handed_over(bench)).state is TaskState.UNKNOWN


@pytest.mark.parametrize("status", ["success", "failed"])
def test_a_result_that_was_dropped_after_half_an_hour_is_unknown(bench: GlobusBench, status: str) -> None:
    reference = handed_over(bench)
    tell(bench, reference, status=status)
    assert bench.compute.task(reference).state is TaskState.UNKNOWN


def test_a_failure_is_told_in_few_words(bench: GlobusBench) -> None:
    reference = handed_over(bench)
    frames = "".join(f'  File "/site/armarius/functions/f{n}.py", line {n}, in f{n}\n    f()\n' for n in range(200))
    tell(bench, reference, status="failed", exception=f"Traceback (most recent call last):\n{frames}OSError: no\n")
    view = bench.compute.task(reference)
    assert (view.state, view.error) == (
        TaskState.FAILED,
        "lab cannot use its directory just now: OSError: no (f199.py, line 199)",
    )


def test_a_refusal_is_a_failure_in_the_sites_words(bench: GlobusBench) -> None:
    refusal = Answer(refusal=Refusal(error="MissingData", message="The manifest is not here.", hint="Stage it again."))
    reference = handed_over(bench)
    tell(bench, reference, result=as_json(refusal.model_dump()))
    view = bench.compute.task(reference)
    assert (view.state, view.error) == (TaskState.FAILED, "lab: The manifest is not here. Stage it again.")


@pytest.mark.parametrize("result", ["00\ngASVAAAA", "13\n3\n11\n", "st\nf:raise SystemExit", "11\n{", "", "11\n[1]"])
def test_a_result_that_is_no_answer_in_json_is_never_opened(bench: GlobusBench, result: str) -> None:
    reference = handed_over(bench)
    tell(bench, reference, result=result)
    view = bench.compute.task(reference)
    assert view.state is TaskState.FAILED
    assert NOT_JSON in view.error or "cannot be understood" in view.error
    assert "armarius endpoint register" in view.error


def test_one_request_asks_for_all_open_tasks_of_the_process(bench: GlobusBench) -> None:
    mine, other = handed_over(bench), bench.adapter(name="other").submit(SPEC, SHAPE, None)
    tell(bench, mine, result=as_json(answered({})))
    bench.compute.task(mine)
    bench.adapter(name="other").task(other)
    assert [len(tasks) for tasks in bench.service.asked] == [1, 1]  # the first has ended
    bench.clock.pass_(5)
    third = handed_over(bench)
    bench.compute.task(third)
    assert len(bench.service.asked[-1]) == 2
    bench.compute.task(other)
    assert len(bench.service.asked) == 3


def test_polls_that_fail_say_so_and_are_not_repeated_at_once(bench: GlobusBench) -> None:
    reference = handed_over(bench)
    bench.service.told = NetworkError("gone", OSError())
    with pytest.raises(SiteUnreachable, match="Globus cannot be reached"):
        bench.compute.task(reference)
    with pytest.raises(SiteUnreachable, match="tried again at"):
        bench.compute.task(reference)
    assert len(bench.service.asked) == 1


# Whether anybody holds it still ------------------------------------------------------------------------------------


def pending(bench: GlobusBench) -> str:
    reference = handed_over(bench)
    tell(bench, reference, status="waiting-for-ep")
    return reference


def states(bench: GlobusBench, reference: str, *pauses: float) -> list[TaskState]:
    found = []
    for pause in pauses:
        bench.clock.pass_(pause)
        found.append(bench.compute.task(reference).state)
    return found


def test_a_task_whose_user_endpoint_died_has_failed_when_the_site_said_so_for_a_while(bench: GlobusBench) -> None:
    reference = pending(bench)
    dead = BATCH.model_copy(update={"alive": False})
    bench.answer(report(dead), report(), report(dead))
    soon = PROBE_SECONDS - 1
    assert states(bench, reference, 0, SURE_SECONDS - soon, soon) == [TaskState.PENDING] * 3
    assert len(bench.service.lines[0].sent) == 2  # what the site said just before still counts
    bench.clock.pass_(1)
    view = bench.compute.task(reference)
    assert view.state is TaskState.FAILED
    assert "lab" in view.error
    assert "is gone" in view.error


def test_a_user_endpoint_that_starts_late_is_waited_for(bench: GlobusBench) -> None:
    reference = pending(bench)
    bench.answer(report(), report(), report(BATCH), report(), report())
    pause = SURE_SECONDS - 1
    assert states(bench, reference, 0, pause, pause, pause, pause) == [TaskState.PENDING] * 5


def test_a_site_that_does_not_answer_has_lost_nothing(bench: GlobusBench) -> None:
    reference = pending(bench)
    bench.answer(report(), *[None] * 9)
    assert states(bench, reference, 0, *[400] * 9) == [TaskState.PENDING] * 10


def test_a_site_that_names_no_user_endpoint_at_all_proves_nothing(bench: GlobusBench) -> None:
    reference = pending(bench)
    bench.answer(*[report() | {"user_endpoints": []}] * 4)
    assert states(bench, reference, 0, 40, 40, 40) == [TaskState.PENDING] * 4


@pytest.mark.parametrize(
    "other",
    [
        {"role": "control"},
        {"shape": "gpu"},
        {"walltime": "30m"},
        {"project": "other"},
        {"age": 900},
        {"alive": False},
    ],
)
def test_another_user_endpoint_does_not_hold_it(bench: GlobusBench, other: dict[str, Any]) -> None:
    reference = pending(bench)
    bench.answer(*[report(BATCH.model_copy(update=other))] * 3)
    assert states(bench, reference, 0, 40, 40)[-1] is TaskState.FAILED


def test_a_successor_does_not_have_the_tasks_of_the_one_before(bench: GlobusBench) -> None:
    reference = pending(bench)
    bench.clock.pass_(3600)
    bench.answer(*[report(BATCH.model_copy(update={"uptime": 130}))] * 3)
    assert states(bench, reference, 0, 40, 40)[-1] is TaskState.FAILED


@pytest.mark.parametrize("uptime", [None, 3700.0, 60.0])
def test_one_that_is_older_or_was_just_started_holds_it(bench: GlobusBench, uptime: float | None) -> None:
    reference = pending(bench)
    bench.clock.pass_(3600)
    bench.answer(*[report(BATCH.model_copy(update={"uptime": uptime}))] * 3)
    assert states(bench, reference, 0, 40, 40) == [TaskState.PENDING] * 3


# The rest ----------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_first_use_and_what_was_handed_over_outlives_it(bench: GlobusBench) -> None:
    assert (bench.compute.pace, bench.compute.lasting) == (5.0, True)
    bench.compute.close()
    assert not bench.service.lines


def test_closing_ends_the_wait(bench: GlobusBench) -> None:
    bench.compute.close()
    bench.compute.wait(3600)


def test_closing_gives_the_line_up(bench: GlobusBench) -> None:
    bench.answer({"runs": []})
    bench.compute.call("progress", {"runs": []})
    bench.compute.close()
    assert bench.service.lines[0].hung_up
