"""Kill anything at any moment and start it again: no job is lost and none is done twice."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import LEASE_SECONDS, Desk
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.pages import pack_images
from armarius.client.testing import Crash, do_pages, page_text
from armarius.functions.contracts import Outcome, PageParameters, Phase, Progress, RunState, Task
from support.desk import MODEL, WEIGHTS, Bench, bench
from support.scans import scans

PAGES = 3


class Fragile:
    """Passes calls on until its fuse is burnt; then the process dies, before or after the call had its effect."""

    def __init__(self, inner: Any, fuse: list[int], after: bool) -> None:
        self._inner, self._fuse, self._after = inner, fuse, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse[0] -= 1
            dies = self._fuse[0] == 0
            if dies and not self._after:
                raise Crash
            result = found(*args, **kwargs)
            if dies:
                raise Crash
            return result

        return call


def live(made: Bench) -> None:
    """The site goes about its business: what is queued begins, what runs ends."""
    for run_id, run in made.site.runs.items():
        if run.spec.task.is_of_pages and run.state is not RunState.ENDED and len(run.lines) < PAGES:
            do_pages(made.site, made.staging, run_id, only=[len(run.lines)])
        elif run.spec.task.is_of_pages and run.state is RunState.RUNNING:
            made.site.end(run_id, Outcome.FINISHED)
        elif run.state is RunState.UNKNOWN:
            made.site.begin(run_id, Progress(at=0, phase=Phase.TRAINING, step=1))
        elif run.state is RunState.RUNNING:
            made.site.end(run_id, Outcome.FINISHED, models=(MODEL,))


def one_life(made: Bench, number: int, fuse: int, after: bool) -> JobState | None:
    """A driver from its start to its death, or to the end of the job."""
    burning = [fuse]
    plain = made.desk(f"driver-{number}")
    link = plain.sites["alpha"]
    compute, staging = (Fragile(each, burning, after) for each in (link.compute, link.staging))
    fragile_link = type(link)(link.config, compute, staging)
    desk = Desk(Fragile(plain.journal, burning, after), {"alpha": fragile_link}, plain.clock, plain.owner)
    try:
        for _ in range(30):
            job = advance(desk, "job1")
            if job.state.final:
                return job.state
            live(made)
    except Crash:
        made.site.close()  # what the dead process knew of its tasks and transfers is gone
        made.staging.close()
        made.clock.pass_(LEASE_SECONDS + 1)
        return None
    raise AssertionError("the job got nowhere")


def many_lives(made: Bench, lives: list[tuple[int, bool]]) -> JobState | None:
    """Drivers one after the other, the last of which lives as long as it is needed."""
    for number, (fuse, after) in enumerate([*lives, (10_000, False)]):
        state = one_life(made, number, fuse, after)
        if state is not None:
            return state
    return None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives=st.lists(st.tuples(st.integers(1, 45), st.booleans()), min_size=1, max_size=6))
def test_one_model_however_often_the_driver_dies(lives: list[tuple[int, bool]], tmp_path_factory: Any) -> None:
    folder: Path = tmp_path_factory.mktemp("crashes")
    with bench(folder) as made:
        made.create()
        assert many_lives(made, lives) is JobState.DONE
        assert list(made.site.runs) == ["job1-1"], "one run, under one id"
        assert (made.folder / "results" / "model.safetensors").read_bytes() == WEIGHTS


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives=st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=6))
def test_each_page_once_however_often_the_driver_dies(lives: list[tuple[int, bool]], tmp_path_factory: Any) -> None:
    folder: Path = tmp_path_factory.mktemp("crashes")
    with bench(folder) as made:
        made.packed = pack_images(scans(folder / "scans", PAGES))
        made.packed.save(folder / "dataset")
        made.create(kind=JobKind.SEGMENT, pages=PageParameters())
        assert many_lives(made, lives) is JobState.DONE
        assert list(made.site.runs) == ["job1-1"], "one run, under one id"
        found = {path.name: path.read_bytes() for path in (folder / "results" / "pages").iterdir()}
        assert found == {f"f{n}.alto.xml": page_text(Task.SEGMENT, "alto", f"f{n}") for n in range(1, PAGES + 1)}
