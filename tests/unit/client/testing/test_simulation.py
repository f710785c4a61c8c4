"""The real placement and ``advance`` over a simulated world, small enough for every day."""

from pathlib import Path

import pytest

from armarius.client.testing.simulation.drive import Driven, Simulation
from armarius.client.testing.simulation.figures import least_makespan
from armarius.client.testing.simulation.ways import clairvoyant, place_by, round_robin
from armarius.client.testing.simulation.world import SimulatedJob, TrueSite, World, draw

JOBS, SITES = 60, 10


@pytest.fixture(scope="module")
def world() -> World:
    """Its tenth site burns down."""
    return draw(seed=3, jobs=JOBS, sites=SITES)


@pytest.fixture(scope="module")
def driven(world: World, tmp_path_factory: pytest.TempPathFactory) -> Driven:
    simulation = Simulation(world, tmp_path_factory.mktemp("simulation"))
    result = simulation.run()
    simulation.close()
    return result


def test_every_job_is_done_and_none_twice(driven: Driven) -> None:
    assert (driven.figures.jobs, driven.twice) == (JOBS, 0)


def test_it_beats_those_who_know_less_but_nobody_beats_the_bound(world: World, driven: Driven) -> None:
    assert driven.figures.typical < place_by(world, round_robin).typical
    assert driven.figures.makespan >= least_makespan(world)
    assert clairvoyant(world).typical <= driven.figures.typical


def test_a_job_costs_a_bounded_number_of_steps(driven: Driven) -> None:
    assert driven.advances < 12 * JOBS


def test_the_same_seed_is_the_same_world() -> None:
    assert draw(5, 20, 3) == draw(5, 20, 3)
    assert draw(5, 20, 3) != draw(6, 20, 3)


def test_datasets_are_written_once_for_all_jobs(world: World, tmp_path: Path) -> None:
    Simulation(world, tmp_path).close()
    assert len(list(tmp_path.iterdir())) == len(world.datasets)


def test_what_burns_goes_on_from_the_checkpoint_that_came_home(tmp_path: Path) -> None:
    sites = [
        TrueSite(name, 8e-8, 2, 1e8, 1.0, (0.0,) * 100, dies=dies) for name, dies in (("a", 6 * 3600.0), ("b", None))
    ]
    jobs = tuple(SimulatedJob(f"job{number}", 0.0, 0, 1900) for number in range(2))
    simulation = Simulation(World(tuple(sites), jobs, (300_000_000,), (60,)), tmp_path)
    driven = simulation.run()
    runs = [run for job in simulation.journal.jobs() for run in job.runs if run.spec.resume_from]
    simulation.close()
    assert (driven.figures.jobs, driven.twice) == (2, 0)
    assert runs, "nothing of the first three hours is computed twice"
    assert all(run.site == "b" and run.spec.resume_from.epoch > 500 for run in runs if run.spec.resume_from)
    assert not list(tmp_path.rglob("*.ckpt")), "what is done needs no checkpoint"
