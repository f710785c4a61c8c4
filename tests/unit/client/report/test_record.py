"""How well many jobs were foretold: all of them, on one page."""

import re
from collections.abc import Iterator

import pytest

from armarius.client.report.record import Kept, render_record
from armarius.client.testing.simulation.drive import START, Simulation
from armarius.client.testing.simulation.world import draw

JOBS = 8


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Jobs that real placement placed, and that told how far they were."""
    simulation = Simulation(draw(2, JOBS, 2), tmp_path_factory.mktemp("record"))
    simulation.run()
    yield simulation
    simulation.close()


def test_every_job_is_a_dot_and_the_worst_have_a_line(simulated: Simulation, read_page) -> None:
    source = render_record(simulated.journal)
    assert f"{JOBS} jobs that ended well" in read_page(source).text
    placed = source.split('class="placement"')[1].split("</svg>")[0]
    assert sorted(set(re.findall(r"job\d+", placed))) == [f"job{number:06d}" for number in range(JOBS)]
    assert source.count('<th scope="row"><code>') >= JOBS


def test_only_jobs_of_some_time_count(simulated: Simulation, read_page) -> None:
    middle = sorted(job.created for job in simulated.journal.jobs())[JOBS // 2]
    assert f"{JOBS // 2} jobs that ended well" in read_page(render_record(simulated.journal, until=middle)).text
    assert "Nothing was foretold" in read_page(render_record(simulated.journal, until=START)).text


@pytest.mark.parametrize(
    ("came", "right", "ratio"), [(100.0, True, 1.0), (215.0, True, 1.075), (300.0, False, 1.5), (40.0, False, 0.4)]
)
def test_an_estimate_is_judged_by_its_nearer_end(came: float, right: bool, ratio: float) -> None:
    kept = Kept("job", 0.0, 200.0, 100.0, came)
    assert (kept.right, kept.ratio) == (right, pytest.approx(ratio))
