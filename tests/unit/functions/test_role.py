from pathlib import Path

import pytest

from armarius.functions import registered
from armarius.functions.contracts import BadInput, RunState
from armarius.functions.registered import BATCH, answer
from armarius.functions.role import BATCH_ROLE, ROLE_VARIABLE, require_batch
from unit.functions.registered.fake_engine import as_json, fake_site, spec, starts


@pytest.fixture(params=[None, "", "control"])
def answering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process beside the endpoint."""
    monkeypatch.delenv(ROLE_VARIABLE, raising=False)
    if request.param is not None:
        monkeypatch.setenv(ROLE_VARIABLE, request.param)


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize("name", BATCH)
def test_beside_the_endpoint_nothing_computes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fake_site(tmp_path)
    for variable, value in site.environment().items():
        monkeypatch.setenv(variable, value)
    found = answer(name, as_json(spec().model_dump(mode="json")))
    assert found["answer"] is None
    assert found["refusal"]["error"] == "BadInput"
    assert found["refusal"]["transient"] is False
    assert f"{name!r} computes" in found["refusal"]["message"]
    assert '"batch"' in found["refusal"]["hint"]
    assert not site.runs.exists()


@pytest.mark.usefixtures("answering")
def test_what_only_answers_is_answered_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registered.CONTROL, "cancel", lambda payload: {"got": payload})
    assert answer("cancel", {"a": 1})["answer"] == {"got": {"a": 1}}


def test_a_worker_of_a_job_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROLE_VARIABLE, BATCH_ROLE)
    site = fake_site(tmp_path)
    for variable, value in site.environment().items():
        monkeypatch.setenv(variable, value)
    found = answer("train", as_json(spec().model_dump(mode="json")))
    assert found == {"answer": {"state": RunState.ENDED.value}, "refusal": None}
    assert len(starts(site)) == 1


@pytest.mark.usefixtures("answering")
def test_the_refusal_is_for_people() -> None:
    with pytest.raises(BadInput, match="only answers questions"):
        require_batch("train")
