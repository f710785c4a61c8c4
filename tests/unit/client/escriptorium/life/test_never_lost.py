"""Whatever dies, every training goes on, and the pages say what is true."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError

from armarius.client.escriptorium.host import reports, shelf
from armarius.client.escriptorium.life import ending
from armarius.client.escriptorium.life.clerk import Clerk
from armarius.client.escriptorium.record import Phase
from armarius.client.testing import Crash
from support.escriptorium import AtOnce
from support.escriptorium_life import Life


def begin_again(life: Life) -> None:
    """The process died; another one takes over."""
    life.clerk = Clerk(life.office, AtOnce())


def test_a_process_that_died_while_packing(life: Life) -> None:
    asked = life.ask()
    with ThreadPoolExecutor(1) as never:
        never.shutdown()
        life.step()
        begin_again(life)
        life.finish(life.until_computing(asked))
    life.until_ended(asked)
    assert [name for name, _ in life.events("training:start")] == ["training:start"]


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (shelf, "set_training"),
        (shelf, "choose_home"),
        (shelf, "add_version"),
        (shelf, "bring_home"),
        (reports, "say"),
        (reports, "end"),
        (ending, "_tell_pages"),
        (ending, "_clean_up"),
    ],
)
@pytest.mark.parametrize("died", [Crash("killed"), DatabaseError("away")], ids=["killed", "database away"])
def test_dying_anywhere_costs_nothing(
    life: Life, monkeypatch: pytest.MonkeyPatch, where: Any, what: str, died: BaseException
) -> None:
    """Before each of the things that are done to eScriptorium, once."""
    real, deaths = getattr(where, what), [died]

    def dying(*args: Any, **kwargs: Any) -> Any:
        if deaths:
            raise deaths.pop()
        return real(*args, **kwargs)

    asked = life.ask()
    monkeypatch.setattr(where, what, dying)
    run = ""
    for _ in range(30):
        try:
            life.step()
        except Crash:
            begin_again(life)
        job = life.office.job(life.row(asked))
        if not run and job is not None and job.state.computing and job.run is not None:
            run = job.run.id
            life.finish(run, life.epoch(run, 1), gpu_seconds=60)
        if life.row(asked).phase is Phase.ENDED:
            break
    assert not deaths
    assert life.row(asked).phase is Phase.ENDED
    model = life.model(asked)
    assert (life.here.media / model.file.name).is_file()
    assert (model.training, len(model.versions)) == (False, 1)
    assert [report.workflow_state for report in life.reports(asked)] == [3, 3]
    assert [report.gpu_cost for report in life.reports(asked)] == [2.0, None]


def test_a_clean_up_that_took_it_for_a_ghost_is_mended(life: Life) -> None:
    asked = life.ask()
    life.until_computing(asked)
    life.here.reports.filter(task_id=asked.task_id).update(workflow_state=2)
    life.here.models.OcrModel.objects.update(training=False)
    life.step()
    assert {report.workflow_state for report in life.reports(asked)} == {1}
    assert life.model(asked).training


def test_reports_that_a_killed_worker_left_aside_come_back(life: Life) -> None:
    asked = life.ask()
    reports.step_aside(asked.task_id)
    life.until_computing(asked)
    life.made.clock.pass_(31)
    life.step()
    assert {report.workflow_state for report in life.reports(asked)} == {1}


def test_a_message_that_never_comes_is_not_needed(life: Life) -> None:
    asked = life.here.asked(life.here.model(), [life.here.part(1)])
    life.here.reports.update(workflow_state=0)
    life.office.ledger.write_down(asked, life.office.now(), due=life.office.now() + 120)
    life.step(2)
    assert life.row(asked).phase is Phase.ASKED
    life.made.clock.pass_(121)
    life.finish(life.until_computing(asked))
    life.until_ended(asked)
    assert life.reports(asked)[0].started_at


def test_a_message_that_comes_makes_it_due(life: Life) -> None:
    asked = life.here.asked(life.here.model(), [life.here.part(1)])
    life.office.ledger.write_down(asked, life.office.now(), due=life.office.now() + 120)
    assert not life.office.ledger.write_down(asked, life.office.now())
    life.until_computing(asked)


def test_one_clerk_at_a_time(life: Life) -> None:
    assert life.clerk.look()
    life.office.ledger.take_turn("elsewhere|other|1", life.office.now() + 61, 60)
    assert not life.clerk.look()
    life.made.clock.pass_(122)
    assert life.clerk.look()


def test_a_training_that_cannot_go_on_leaves_the_others_alone(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = life.ask(), life.ask(life.here.model("Other"))
    real = shelf.look_up

    def broken(pk: int) -> Any:
        if pk == bad.model:
            raise RuntimeError("a bug of ours")
        return real(pk)

    monkeypatch.setattr(shelf, "look_up", broken)
    monkeypatch.setattr(ending, "name_of", lambda row: "Charters")
    life.finish(life.until_computing(good))
    life.until_ended(good)
    assert life.row(bad).phase is Phase.ASKED
    life.made.clock.pass_(601)
    life.step()
    assert "administrators" in life.row(bad).outcome


def test_a_model_that_is_there_is_never_given_up(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = life.ask()
    life.finish(life.until_computing(asked))

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patch:
        patch.setattr(ending, "_tell_pages", broken)
        life.step(4)
        life.made.clock.pass_(601)
        life.step(4)
    assert life.until_ended(asked).outcome.startswith("Training finished")
