"""What a control call costs over the raw Executor of the Compute SDK, and how many runs one call can ask for."""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from common import median, print_json, say, usable_threads
from processes import scratch

from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute import GlobusCompute
from armarius.client.config import GlobusSiteConfig, read_config
from armarius.functions.contracts import Phase, Progress, ProgressAnswer, ProgressRequest, Watched
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))  # the local double of Globus' services is a part of the tests

from support.federation import federation, why_no_federation  # noqa: E402

GOAL_RATIO = 1.1
RUNS = (1, 10, 100)
LOOK_SECONDS = 0.5
"""Between two looks of the SDK for results."""

LINES = 20
"""Of progress that each run has; what a busy training writes between two looks."""

Call = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Bench:
    """A site, and two ways to call it.

    Attributes:
        site: Its directory.
        adapter: The way of Armarius.
        raw: The Executor of the SDK, as its documentation shows it.
    """

    site: Site
    adapter: Call
    raw: Call


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A local cloud (a test double), an unmodified endpoint, and both ways, all on this machine.

    Raises:
        ClickException: Something that is needed is not installed.
    """
    if reason := why_no_federation():
        raise click.ClickException(reason)
    with federation(folder, Path(sys.executable), ("alpha",)) as made:
        os.environ.update(made.environment)
        config = read_config(made.home.path / "config").site("alpha")
        assert isinstance(config, GlobusSiteConfig)
        adapter = GlobusCompute(config, globus_app(config.identity))
        with raw_executor(config) as executor:
            function = str(config.functions["progress"].id)

            def raw(payload: dict[str, Any]) -> Any:
                return executor.submit_to_registered_function(function, args=(payload,)).result()

            def through_adapter(payload: dict[str, Any]) -> Any:
                return adapter.call("progress", payload)

            yield Bench(made.institutions["alpha"].site, through_adapter, raw)
        adapter.close()


@contextmanager
def raw_executor(config: GlobusSiteConfig) -> Iterator[Any]:
    """An Executor for the same user endpoint, JSON both ways, throttled as little as the SDK allows.

    By default it lets each call after the fourth wait for 4 s: that would be compared with nothing.
    """
    from globus_compute_sdk import Client, Executor
    from globus_compute_sdk.serialize import ComputeSerializer, JSONData

    with Executor(
        endpoint_id=config.endpoint,
        client=Client(app=globus_app(config.identity)),
        user_endpoint_config={"role": "control"},
        serializer=ComputeSerializer(strategy_data=JSONData),
        result_serializers=[JSONData],
        api_burst_limit=8,
        api_burst_window_s=1,
    ) as executor:
        yield executor


def timed(call: Call, payload: dict[str, Any]) -> tuple[float, Any]:
    """Returns the seconds of a call, and its answer."""
    begun = time.perf_counter()
    found = call(payload)
    return time.perf_counter() - begun, found


def compare(made: Bench, rounds: int, draw: random.Random) -> dict[str, list[float]]:
    """Calls both ways in turns, the first changing.

    The SDK looks for results every half second, so what counts most is how long it is to the next look. Both ways begin
    at the same moments between two of their own looks, spread evenly, in a random order; an answer comes at a look.

    Returns:
        The seconds of each call.
    """
    moments = [LOOK_SECONDS * (number + 0.5) / rounds for number in range(rounds)]
    draw.shuffle(moments)
    ways = {"adapter": made.adapter, "raw": made.raw}
    looked = {name: _answered(call) for name, call in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number, moment in enumerate(moments):
        for name in sorted(ways, reverse=bool(number % 2)):
            time.sleep((looked[name] + moment - time.perf_counter()) % LOOK_SECONDS)
            seconds[name].append(timed(ways[name], {"runs": []})[0])
            looked[name] = time.perf_counter()
        if number % 10 == 9:
            say(f"{number + 1} of {rounds} rounds")
    return seconds


def _answered(call: Call) -> float:
    """Calls once, and returns when the answer came."""
    call({"runs": []})
    return time.perf_counter()


def write_runs(site: Site, count: int) -> None:
    """Writes runs to be asked for, each with some progress."""
    for number in range(count):
        run = RunDir(site.runs, _run_id(number))
        run.path.mkdir(parents=True, exist_ok=True)
        run.beat()
        for step in range(LINES):
            run.append_progress(
                Progress(at=time.time(), phase=Phase.TRAINING, step=step, loss=31.5, lines_per_second=7.25)
            )


def ask(made: Bench, count: int, rounds: int) -> float:
    """Asks for the progress of many runs at once; returns the median seconds."""
    request = ProgressRequest(runs=tuple(Watched(run_id=_run_id(number)) for number in range(count)))
    seconds = []
    for _ in range(rounds):
        each, found = timed(made.adapter, request.model_dump(mode="json"))
        answer = ProgressAnswer.model_validate(found)
        if [len(run.progress) for run in answer.runs] != [LINES] * count:
            raise click.ClickException("An answer lacks some progress.")
        seconds.append(each)
    return median(seconds)


def _run_id(number: int) -> str:
    return UUID(int=number).hex


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(2), default=30, show_default=True, help="Calls each way.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seeds the order of the moments.")
def main(rounds: int, seed: int) -> None:
    """Runs it."""
    load = round(os.getloadavg()[0], 2)
    with scratch() as folder:
        say("starting a local cloud and an endpoint")
        with bench(folder / "federation") as made:
            cold, _ = timed(made.adapter, {"runs": []})
            say(f"first call, which starts the user endpoint: {cold:.1f} s")
            seconds = compare(made, rounds, random.Random(seed))
            write_runs(made.site, max(RUNS))
            many = {str(count): round(ask(made, count, max(3, rounds // 5)), 3) for count in RUNS}
    medians = {name: median(each) for name, each in seconds.items()}
    ratio = medians["adapter"] / medians["raw"]
    say(f"adapter {medians['adapter']:.3f} s, raw {medians['raw']:.3f} s, ratio {ratio:.2f} (goal: {GOAL_RATIO})")
    for count, each in many.items():
        say(f"progress of {count:>3} runs in one call: {each:.3f} s")
    print_json(
        {
            "benchmark": "control_call",
            "rounds": rounds,
            "cold": round(cold, 2),
            "median": {name: round(each, 3) for name, each in medians.items()},
            "ratio": round(ratio, 3),
            "goal": GOAL_RATIO,
            "met": ratio <= GOAL_RATIO,
            "progress_of_runs": many,
            "usable_threads": usable_threads(),
            "load_before": load,
        }
    )


if __name__ == "__main__":
    main()
