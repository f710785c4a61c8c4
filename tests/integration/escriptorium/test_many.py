"""Many trainings at once, tracked by one worker of two processes and the one process that drives."""

from collections.abc import Callable

from armarius.client.testing.timed import Course
from support.crowd import CHOSEN, Crowd, counts, driving
from support.escriptorium_server import Standin

Start = Callable[..., Standin]

MANY = 40
COURSE = Course(queue_seconds=1, epoch_seconds=3, epochs=2)


def test_all_of_many_trainings_end(start: Start) -> None:
    there = start(chosen=CHOSEN)
    with there.worker(concurrency=2), driving(there, COURSE, pace=1):
        crowd = Crowd(there, MANY)
        crowd.press_all()
        crowd.until_heard("training:done")
        crowd.until_closed()
    for model in crowd.models:
        shown = there.do("show_model", model=model)
        assert (shown["training"], shown["training_epoch"], len(shown["versions"])) == (False, 2, 2)
        assert (there.media / shown["file"]).is_file()
        assert there.events(model).count("training:eval") == 2
    asked = counts(there)
    assert len(asked["submit"]) == MANY
    looks = max(there.heard(), key=lambda event: event["at"])["at"] - min(asked["progress"])
    assert len(asked["progress"]) < 2 * looks + MANY, "a look asks for all of them at once"
