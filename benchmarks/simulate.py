"""Jobs placed over many simulated sites: by the pool, by round robin, by the shortest queue, and by one who knows all.

``.envs/armarius/bin/python benchmarks/simulate.py``; ``--jobs`` and ``--sites`` for a smaller world. The pool's figures
come of the product's own placement and ``advance`` (``armarius.client.testing.simulation``), on one core.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from armarius.client.testing.simulation.drive import Simulation
from armarius.client.testing.simulation.figures import Figures, least_makespan
from armarius.client.testing.simulation.ways import clairvoyant, least_queue, place_by, round_robin
from armarius.client.testing.simulation.world import World, draw


@click.command()
@click.option("--jobs", default=10_000, show_default=True)
@click.option("--sites", default=20, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--load", default=0.6, show_default=True, help="What is asked for over what all sites could compute.")
def main(jobs: int, sites: int, seed: int, load: float) -> None:
    """Place JOBS over SITES and print a line of JSON for each way."""
    world = draw(seed, jobs, sites, load=load)
    hours = {"arrive_within_hours": world.jobs[-1].arrives / 3600, "least_makespan_hours": least_makespan(world) / 3600}
    click.echo(json.dumps({"jobs": jobs, "sites": sites, "seed": seed, "load": load, **hours}))
    _tell("round robin", place_by(world, round_robin))
    _tell("least queue", place_by(world, least_queue))
    _tell("clairvoyant", clairvoyant(world))
    _pool(world)


def _pool(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(world, Path(folder))
        driven = simulation.run()
        simulation.close()
    cost = {
        "advances": driven.advances,
        "ms_per_advance": 1000 * driven.seconds / driven.advances,
        "ms_per_job": 1000 * driven.seconds / driven.figures.jobs,
        "memory_mb": driven.memory / 1e6,
        "done_twice": driven.twice,
        "more_than_one_run": driven.wandered,
        "took_over_promised": driven.promises,
        "jobs_seconds_bytes": driven.growth,
    }
    _tell("pool", driven.figures, **cost)


def _tell(way: str, figures: Figures, **more: object) -> None:
    click.echo(json.dumps({"way": way, **asdict(figures), **more}))


if __name__ == "__main__":
    main()
