"""Small real trainings over two or three real Slurm clusters: by the pool, by each cluster alone, by round robin.

The clusters, their daemons and the Globus Compute endpoints before them are real, on this machine; the cloud between
them is the local double of Globus' services. Then once more by the pool, with one cluster killed in the middle.
As root, in a network of its own if anything else uses port 5000: ``unshare -n sh -c 'ip link set lo up;
ip addr add 192.0.2.1/32 dev lo; exec .envs/armarius/bin/python benchmarks/pool.py'``.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from common import ENVIRONMENT, find_kraken, machine, median, print_json, say
from pool_bound import Measured, good_schedule, least_makespan, opened
from pool_clusters import KINDS, World, world
from pool_ways import Course, Event, Way, base_of, go
from processes import scratch

GOAL = 1.25
"""The pool's makespan over that which nobody beats."""

WAYS = ("alone", "round-robin", "pool", "killed")
PATIENCE = "30s"
KILLED_AFTER = 0.25
"""Of all jobs, those that are at home when the cluster is killed."""


def wishes(way: str, jobs: int, sites: Sequence[str]) -> list[tuple[int, str | None]]:
    """Returns the jobs of a way. Round robin, and a cluster alone, are the product with the choice taken from it."""
    if way == "alone":
        return [(number, site) for number in range(jobs) for site in sites]
    if way == "round-robin":
        return [(number, sites[number % len(sites)]) for number in range(jobs)]
    return [(number, None) for number in range(jobs)]


def killer(made: World, victim: str, jobs: int) -> Event:
    """Returns what kills a cluster, once some jobs are at home and it computes another."""

    def event(course: Course) -> None:
        rows = course.rows() if course.killed is None else []
        home = sum(1 for row in rows if row.state.final)
        runs = [row.run for row in rows if row.state.computing and row.run is not None]
        if home >= KILLED_AFTER * jobs and any(run.site == victim and run.step > 0 for run in runs):
            made.kill(victim)
            course.killed = time.time() - course.begun
            say(f"killed {victim} after {course.killed:.0f} s, with {home} of {jobs} at home")

    return event


def measured(ways: Sequence[Way], jobs: int, sites: Sequence[str]) -> tuple[Measured, float] | None:
    """Puts together what one could have known beforehand; None if not every job was computed at every site.

    Returns:
        How long each job occupies a place at each site, the least of all its runs there, and from when each place was
        to be had, the earliest of all ways; and the least seconds from the end of a run to its model at home.
    """
    quiet = [way for way in ways if way.killed is None]
    took = [[_least(quiet, site, number) for number in range(jobs)] for site in sites]
    if any(seconds is None for each in took for seconds in each):
        return None
    opens = [_opens(quiet, site) for site in sites]
    tail = min(each.home - each.ended for way in quiet for each in way.arrived if not each.error)
    return Measured([[seconds or 0.0 for seconds in each] for each in took], opens), tail


def _least(ways: Sequence[Way], site: str, number: int) -> float | None:
    took = [each.ended - each.begun for way in ways for each in way.at(site) if each.number == number]
    return min(took, default=None)


def _opens(ways: Sequence[Way], site: str) -> list[float]:
    """Returns the earliest that each place of a site was used in any of the ways."""
    found = [sorted(opened([(each.begun, each.ended) for each in way.at(site)])) for way in ways]
    most = max(map(len, found))
    return [min(opens[place] for opens in found if len(opens) > place) for place in range(most)]


def bounds(ways: Sequence[Way], jobs: int, sites: Sequence[str]) -> dict[str, float] | None:
    """Returns the makespan that nobody beats, and that of a good schedule, both with what is unavoidable.

    ``computing`` is the bound if all places had been open from the start, and a model were at home at once.
    """
    known = measured(ways, jobs, sites)
    if known is None:
        return None
    found, tail = known
    bare = Measured(found.took, [[0.0] * len(each) for each in found.opens])
    return {
        "least": least_makespan(found) + tail,
        "good": good_schedule(found) + tail,
        "computing": least_makespan(bare),
    }


# Words -----------------------------------------------------------------------------------------------------------


def rows_of(way: Way, sites: Sequence[str]) -> list[tuple[str, float, list[int]]]:
    """Returns the rows of a way in the table: name, makespan, jobs at each site."""
    if way.name == "alone":
        alone = [(site, way.at(site)) for site in sites]
        return [
            (f"{site} alone", max(one.home for one in each), [len(each) if site == other else 0 for other in sites])
            for site, each in alone
            if each
        ]
    return [(way.name, way.makespan, [len(way.at(site)) for site in sites])]


def table(ways: Sequence[Way], sites: Sequence[str], least: float | None) -> None:
    """Prints what people read."""
    say(f"{'':16} {'makespan':>9} {'of bound':>9}   jobs at {', '.join(sites)}")
    for way in ways:
        for name, makespan, counts in rows_of(way, sites):
            ratio = f"{makespan / least:8.2f}x" if least else f"{'':>9}"
            say(f"{name:16} {makespan:7.0f} s {ratio:>9}   {', '.join(map(str, counts))}")


def foretold(way: Way) -> dict[str, float] | None:
    """Compares what the pool reckoned with for each job with what it took, from its decision to the end of the run."""
    ratios = sorted(each.foretold / each.took for each in way.arrived if each.foretold and each.took)
    if not ratios:
        return None
    quarter = len(ratios) // 4
    return {"median": median(ratios), "quarter": ratios[quarter], "three_quarters": ratios[-1 - quarter]}


def complete(way: Way, jobs: int) -> dict[str, Any]:
    """Counts what came: all models, none twice, by the journal's runs that counted and by the models' digests."""
    good = [each for each in way.arrived if not each.error]
    return {
        "jobs": len(way.arrived),
        "models": len({each.model for each in good}),
        "twice": sum(1 for each in way.arrived if each.counted > 1),
        "more_than_one_run": sum(1 for each in way.arrived if each.runs > 1),
        "whole": len(good) == len({each.model for each in good}) == len({each.number for each in good}) == jobs
        and all(each.counted == 1 and len(each.model) == 64 for each in good),
    }


def told(way: Way, sites: Sequence[str], jobs: int) -> dict[str, Any]:
    """Returns what the JSON says of a way."""
    found: dict[str, Any] = {
        name: {"makespan": round(makespan, 1), "jobs_at": dict(zip(sites, counts, strict=True))}
        for name, makespan, counts in rows_of(way, sites)
    }
    if way.name in ("pool", "killed"):
        foreseen = foretold(way) or {}
        found[way.name] |= complete(way, jobs)
        found[way.name]["foretold_over_actual"] = {name: round(each, 2) for name, each in foreseen.items()}
    if way.killed is not None:
        found[way.name]["killed_after"] = round(way.killed, 1)
    return found


def failures(ways: Sequence[Way]) -> list[str]:
    """Says which jobs failed, each reason once."""
    bad = sorted((each.error, way.name) for way in ways for each in way.arrived if each.error)
    return [f"{name}: {len(list(each))} failed: {error}" for (error, name), each in groupby(bad)]


@click.command(help=__doc__)
@click.option("--jobs", type=click.IntRange(1), default=30, show_default=True, help="Trainings in each way.")
@click.option("--clusters", type=click.IntRange(2, len(KINDS)), default=len(KINDS), show_default=True)
@click.option("--only", type=click.Choice(WAYS), multiple=True, help="This way alone; may be repeated.  [default: all]")
@click.option("--kraken", type=click.Path(path_type=Path), default=ENVIRONMENT, show_default=".envs/kraken")
@click.option(
    "--estimates", type=click.Path(dir_okay=False, path_type=Path), help="Write `armarius usage`'s page there."
)
@click.option("--details", type=click.Path(dir_okay=False, path_type=Path), help="Write there what came of each job.")
def main(
    jobs: int, clusters: int, only: tuple[str, ...], kraken: Path, estimates: Path | None, details: Path | None
) -> None:
    """Runs it."""
    found, kinds = find_kraken(kraken), KINDS[:clusters]
    where, sites = machine(found), [kind.name for kind in kinds]
    ways: list[Way] = []
    with scratch() as folder:
        say(f"starting {clusters} Slurm clusters, their endpoints, and the cloud between them")
        with world(folder, found.python, kinds, PATIENCE) as made:
            shares = {name: round(each.share, 3) for name, each in made.clusters.items()}
            say(f"of a processor, a node gets: {shares}")
            go(made, "warm", [(number, site) for number, site in enumerate(sites)])  # each endpoint starts once
            base = base_of(made, "warm")
            for way in [way for way in WAYS if not only or way in only]:
                event = killer(made, sites[0], jobs) if way == "killed" else lambda _: None
                ways.append(go(made, way, wishes(way, jobs, sites), base=base, event=event))
                _write(details, ways)
                if estimates and way == "pool":  # whose journal is still named in the environment
                    made.federation.home.run("usage", "--by", "site", "--estimates", str(estimates.absolute()))
    least = bounds(ways, jobs, sites)
    table(ways, sites, least["least"] if least else None)
    if least:
        say(f"nobody beats {least['least']:.0f} s; a schedule of {least['good']:.0f} s was found by one who knew all")
    for line in failures(ways):
        say(line)
    pool = next((way.makespan for way in ways if way.name == "pool"), None)
    ratio = pool / least["least"] if pool and least else None
    print_json(
        {
            "benchmark": "pool",
            "jobs": jobs,
            "shares": shares,
            "ways": {name: each for way in ways for name, each in told(way, sites, jobs).items()},
            "bound": {name: round(each, 1) for name, each in (least or {}).items()},
            "ratio": round(ratio, 3) if ratio else None,
            "goal": GOAL,
            "met": ratio <= GOAL if ratio else None,
            "failures": failures(ways),
            "machine": where,
        }
    )


def _write(path: Path | None, ways: Sequence[Way]) -> None:
    if path is not None:
        path.write_text(json.dumps([asdict(way) for way in ways], indent=1))


if __name__ == "__main__":
    main()
