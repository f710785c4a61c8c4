"""Whose a training is, and what its user hears when it must wait."""

from armarius.client.config import AccountRules, Allowance
from armarius.client.jobs.state import JobState
from support.accounts import used
from support.escriptorium_life import Life


def keep_to(life: Life, *allowances: Allowance) -> None:
    object.__setattr__(life.office.pool.desk, "accounts", AccountRules(allowances=allowances))


def test_the_job_knows_its_user_and_the_project_of_its_document(life: Life) -> None:
    life.here.document.project = life.here.models.Project.objects.create(name="Poilus")
    life.here.document.save()
    asked = life.ask()
    life.until_computing(asked)
    request = life.job(asked).request
    assert (request.user, request.project, request.institution) == ("guigo", "Poilus", "")
    assert b"guigo" not in life.made.site.runs[f"{asked.id}-1"].spec.canonical_json(), "no cluster hears of it"


def test_a_training_that_must_wait_says_until_when(life: Life) -> None:
    used(life.made.journal, life.office.now(), 3, user="guigo")
    keep_to(life, Allowance(user="*", gpu_hours=2, per="week"))
    asked = life.ask()
    life.step(5)
    assert life.job(asked).state is JobState.WAITING
    level, said = life.notified()[-1]
    assert level == "info"
    assert "The training of 'Charters' waits. The 2 GPU hours of guigo for this week are used up." in said
    assert "It waits. The 2 GPU hours of guigo" in life.story(asked)
    told = len(life.notified())
    life.step(5)
    assert len(life.notified()) == told, "once"
    life.made.clock.pass_(7 * 86_400)
    life.finish(life.until_computing(asked))
    life.until_ended(asked)
    assert life.notified()[-1][0] == "success"


def test_an_allowance_that_is_used_up_for_good_ends_a_training_before_it_begins(life: Life) -> None:
    used(life.made.journal, life.office.now(), 3, user="guigo")
    keep_to(life, Allowance(user="*", gpu_hours=2))
    asked = life.ask()
    life.until_ended(asked)
    assert "Ask the administrators of the pool for more" in life.notified()[-1][1]
    assert not life.model(asked).training
