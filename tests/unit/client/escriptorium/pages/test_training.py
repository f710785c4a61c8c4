"""The page of a training."""

from armarius.functions.contracts import Outcome, Reason
from support.escriptorium_life import Life
from support.escriptorium_visitor import Visitor


def test_from_the_button_to_the_end(life: Life, guigo: Visitor) -> None:
    asked = life.ask()
    page = f"trainings/{asked.id}/"
    assert "Asked for It begins as soon as the pool takes it." in guigo.read(page)
    run = life.until_computing(asked)
    life.made.site.runs[run].lines.clear()
    assert "In the queue alpha has it" in guigo.read(page)
    life.epoch(run, 1, seconds_left=3600)
    life.epoch(run, 2, seconds_left=1800)
    life.step(3)
    seen = guigo.read(page)
    assert "Training It trains on alpha." in seen
    assert "Epochs 2" in seen
    assert "best: epoch 2" in seen
    assert "known once it is measured" not in seen
    life.finish(run)
    life.until_ended(asked)
    seen = guigo.read(page)
    assert "Done Training finished!" in seen
    assert "Cancel" not in seen
    assert "Download the model" in seen


def test_a_failure_is_told_with_its_next_step(life: Life, guigo: Visitor) -> None:
    asked = life.ask()
    life.made.site.end(life.until_computing(asked), Outcome.FAILED, Reason.BAD_DATA, message="Page f1 holds nothing.")
    life.until_ended(asked)
    seen = guigo.read(f"trainings/{asked.id}/")
    assert "Failed The training of 'Charters' failed. Page f1 holds nothing. Correct the pages" in seen
