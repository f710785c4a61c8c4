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
"""Between two looks for results, of the endpoint and of the SDK."""

BLOCK = 4
"""Rounds with the same lines."""

LINES = 20
"""Of progress that each run has; what a busy training writes between two looks."""

Call = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Bench:
    """A site, and two ways to call it.

    Attributes:
        config: Its file.
        site: Its directory.
        adapter: The way of Armarius. The other is the Executor of the SDK, as its documentation shows it.
    """

    config: GlobusSiteConfig
    site: Site
    adapter: GlobusCompute

    def call(self, payload: dict[str, Any]) -> Any:
        """Asks for progress through the adapter."""
        return self.adapter.call("progress", payload)


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A local cloud (a test double), an unmodified endpoint, and the adapter, all on this machine.

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
        yield Bench(config, made.institutions["alpha"].site, adapter)
        adapter.close()


@contextmanager
def raw(config: GlobusSiteConfig) -> Iterator[Call]:
    """Asks for progress through an Executor, for the same user endpoint, with JSON both ways.

    It is throttled as little as the SDK allows: by default each call after the fourth would wait for 4 s.
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
        executor.task_group_id = None  # else the thread of the Executor before would receive its results
        function = str(config.functions["progress"].id)
        yield lambda payload: executor.submit_to_registered_function(function, args=(payload,)).result()


def timed(call: Call, payload: dict[str, Any]) -> tuple[float, Any]:
    """Returns the seconds of a call, and its answer."""
    begun = time.perf_counter()
    found = call(payload)
    return time.perf_counter() - begun, found


def compare(made: Bench, rounds: int, draw: random.Random) -> dict[str, list[float]]:
    """Calls both ways in turns, the first changing.

    The endpoint looks for results to send twice in a second, and the SDK for results that came: a call takes as long as
    it is to the next look of the one, and then of the other. So calls begin at moments that are spread evenly over half
    a second, the same for both ways, and in every block both have a new line, which looks at other moments.

    Returns:
        The seconds of each call.
    """
    moments = [LOOK_SECONDS * (number + 0.5) / rounds for number in range(rounds)]
    draw.shuffle(moments)
    seconds: dict[str, list[float]] = {"adapter": [], "raw": []}
    for begin in range(0, rounds, BLOCK):
        made.adapter.close()  # the next call opens another line
        time.sleep(draw.random())
        with raw(made.config) as raw_call:
            ways: dict[str, Call] = {"adapter": made.call, "raw": raw_call}
            for call in ways.values():
                call({"runs": []})
                time.sleep(draw.random())
            for number, moment in enumerate(moments[begin : begin + BLOCK]):
                for name in sorted(ways, reverse=bool(number % 2)):
                    time.sleep((moment - time.perf_counter()) % LOOK_SECONDS)
                    seconds[name].append(timed(ways[name], {"runs": []})[0])
        say(f"{min(begin + BLOCK, rounds)} of {rounds} rounds")
    return seconds


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
        each, found = timed(made.call, request.model_dump(mode="json"))
        answer = ProgressAnswer.model_validate(found)
        if [len(run.progress) for run in answer.runs] != [LINES] * count:
            raise click.ClickException("An answer lacks some progress.")
        seconds.append(each)
    return median(seconds)


def _run_id(number: int) -> str:
    return UUID(int=number).hex


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(2), default=40, show_default=True, help="Calls each way.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seeds the order of the moments.")
def main(rounds: int, seed: int) -> None:
    """Runs it."""
    load = round(os.getloadavg()[0], 2)
    with scratch() as folder:
        say("starting a local cloud and an endpoint")
        with bench(folder / "federation") as made:
            cold, _ = timed(made.call, {"runs": []})
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
