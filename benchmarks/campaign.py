"""A campaign of many pages over two real endpoints, while processes are killed: is every page there once?

The Globus Compute endpoints, Parsl and kraken are real, on this machine; the cloud between them is the local double of
Globus' services. In a network of its own if anything else uses port 5000: ``unshare -n sh -c 'ip link set lo up;
ip addr add 192.0.2.1/32 dev lo; exec .envs/armarius/bin/python benchmarks/campaign.py'``.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import psutil
from common import ENVIRONMENT, find_kraken, machine, print_json, say
from defusedxml.ElementTree import parse
from PIL import Image
from processes import scratch

from armarius.client.campaigns.events import Ended, HandedOut, PageDone
from armarius.client.campaigns.log import read_log
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.demo_pages import write_demo_pages
from armarius.client.words import size

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))  # the local double of Globus' services is of the tests

from support.federation import Federation, federation, why_no_federation  # noqa: E402

IMAGES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
LOOK_SECONDS = 1.0
AWAY_SECONDS = 20.0
"""How long a killed endpoint stays away."""

WIDTH, HEIGHT = 300, 1200
"""Of a strip, in pixels: kraken's own model takes some seconds of a processor for one, instead of some fifteen."""


@dataclass
class Course:
    """A campaign that goes on.

    Attributes:
        made: The federation.
        out: The folder of the campaign.
        process: Who works on it.
        memory: By pages that are there, the resident bytes of who works on it.
        killed: What was killed, and after how many pages.
    """

    made: Federation
    out: Path
    process: "subprocess.Popen[str]"
    log: Path
    memory: list[tuple[int, int]] = field(default_factory=list)
    killed: list[tuple[int, str]] = field(default_factory=list)
    back: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    @property
    def there(self) -> int:
        """How many pages are in their place."""
        return sum(1 for _ in self.out.glob("[0-9]*.xml"))

    def look(self) -> None:
        """Weighs who works on it, and starts again what has been away for long enough."""
        try:
            self.memory.append((self.there, psutil.Process(self.process.pid).memory_info().rss))
        except psutil.NoSuchProcess:
            return
        for at, start in [each for each in self.back if each[0] <= time.monotonic()]:
            self.back.remove((at, start))
            start()


# What is killed --------------------------------------------------------------------------------------------------


def kill_driver(course: Course) -> str:
    """Kills who works on the campaign; another goes on."""
    course.process.kill()
    course.process.wait()
    course.process = started(course.made, course.log, "campaign", "watch", str(course.out))
    return "the process that works on the campaign"


def kill_engine(course: Course) -> str:
    """Kills an engine, with the crew that does its pages."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "armarius.functions.engine" in words:
            crew = process.children(recursive=True)
            for each in (process, *crew):
                each.kill()
            return f"an engine and its {len(crew)} workers"
    return ""


def kill_endpoint(course: Course) -> str:
    """Kills the second institution's endpoint, and all that it runs; it comes back."""
    endpoint = course.made.institutions["beta"].endpoint
    processes = endpoint.processes()
    for end in (psutil.Process.suspend, psutil.Process.kill):
        for process in processes:
            end(process)
    course.back.append((time.monotonic() + AWAY_SECONDS, endpoint.start))
    return f"beta's endpoint with all of its {len(processes)} processes"


KILLS = (kill_driver, kill_engine, kill_endpoint, kill_driver, kill_engine)
"""In this order, at equal distances."""


# The campaign ----------------------------------------------------------------------------------------------------


def strips(pages: list[Path], folder: Path, count: int) -> None:
    """Writes strips of pages under names of their own; no two are the same image."""
    folder.mkdir(parents=True)
    for number in range(count):
        with Image.open(pages[number % len(pages)]) as image:
            scale = HEIGHT / image.height
            small = image.convert("RGB").resize((max(WIDTH, round(image.width * scale)), HEIGHT))
        turn = number // len(pages)
        left = (small.width // 4 + 7 * turn) % max(1, small.width - WIDTH + 1)
        strip = small.crop((left, 0, left + WIDTH, HEIGHT))
        strip.putpixel((0, 0), (number % 256, number // 256 % 256, 0))
        strip.save(folder / f"{number + 1:05}.png")


def started(made: Federation, log: Path, *words: str) -> "subprocess.Popen[str]":
    """Starts a command of the pool's home; what it says goes to the end of a file."""
    with log.open("a") as output:
        return subprocess.Popen(
            made.home.command(*words), env=made.home.environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )


def worked(course: Course, count: int) -> None:
    """Lets it go on to its end, with what is killed on the way.

    Raises:
        ClickException: It ended badly.
    """
    kills = [(count * (place + 1) // (len(KILLS) + 1), kill) for place, kill in enumerate(KILLS)]
    told, begun = 0.0, time.monotonic()
    while course.process.poll() is None:
        time.sleep(LOOK_SECONDS)
        course.look()
        if kills and course.there >= kills[0][0] and (what := kills[0][1](course)):
            course.killed.append((course.there, what))
            say(f"killed {what} with {course.there} of {count} pages there")
            kills.pop(0)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            say(f"{course.there} of {count} pages after {told - begun:.0f} s")
    if course.process.returncode:
        raise click.ClickException(course.log.read_text(errors="replace")[-3000:])


# What came of it -------------------------------------------------------------------------------------------------


def results(out: Path) -> Iterator[PageDone]:
    """Yields every page that the log says is done or left out, as often as it says so."""
    for event in events(out):
        if isinstance(event, Ended):
            yield from event.pages


def events(out: Path) -> list[Any]:
    """Reads the log."""
    return list(read_log(CampaignPlace(out).log_path))


def found(course: Course, count: int) -> dict[str, Any]:
    """Counts what came: pages, files that can be read, and pages that were told of twice."""
    told = json.loads((course.out / "pages.json").read_text())["pages"]
    files = [course.out / name for page in told for name in page.get("files", ())]
    images = [page.image for page in results(course.out)]
    sites: dict[str, int] = {}
    for page in told:
        sites[page.get("site", "")] = sites.get(page.get("site", ""), 0) + 1
    return {
        "pages": count,
        "done": sum(1 for page in told if page["state"] == "done"),
        "left_out": [page.get("why") for page in told if page["state"] != "done"],
        "files": len(set(files)),
        "readable": sum(1 for file in files if parse(file).getroot() is not None),
        "twice": len(images) - len(set(images)),
        "parts": sum(1 for event in events(course.out) if isinstance(event, HandedOut)),
        "at": sites,
    }


def grown(memory: list[tuple[int, int]], count: int) -> dict[str, int]:
    """Returns the most memory that the campaign's process had in each fifth of the pages."""
    fifths: dict[str, int] = {}
    for there, taken in memory:
        name = f"{min(4, there * 5 // count) + 1}/5"
        fifths[name] = max(fifths.get(name, 0), taken)
    return fifths


@click.command(help=__doc__)
@click.option("--count", type=click.IntRange(6), default=500, show_default=True, help="Pages.")
@click.option(
    "--pages",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of images.  [default: synthetic pages]",
)
@click.option("--model", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Reads the lines, too.")
@click.option("--kraken", type=click.Path(path_type=Path), default=ENVIRONMENT, show_default=".envs/kraken")
def main(count: int, pages: Path | None, model: Path | None, kraken: Path) -> None:
    """Runs it."""
    if reason := why_no_federation():
        raise click.ClickException(reason)
    engine = find_kraken(kraken)
    where = machine(engine)
    with scratch() as folder:
        originals = pages or folder / "originals"
        if pages is None:
            write_demo_pages(originals)
        images = sorted(path for path in originals.rglob("*") if path.suffix.lower() in IMAGES)
        strips(images, folder / "scans", count)
        say(f"{count} strips of {len(images)} pages")
        with federation(folder / "federation", engine.python, pace=2.0) as made:
            log, out, begun = folder / "campaign.log", folder / "out", time.monotonic()
            words = ("campaign", "start", str(folder / "scans"), "-o", str(out), "-f", "page")
            reading = ("-m", str(model.absolute())) if model else ()
            course = Course(made, out, started(made, log, *words, *reading), log)
            try:
                worked(course, count)
            finally:
                course.process.kill()
                course.process.wait()
            seconds = time.monotonic() - begun
            came, memory = found(course, count), grown(course.memory, count)
    whole = came["done"] == came["files"] == came["readable"] == count and came["twice"] == 0
    say(f"{came['done']} of {count} pages done after {seconds:.0f} s, {came['twice']} twice, in {came['parts']} parts")
    say("memory of the campaign's process, by fifths: " + ", ".join(size(taken) for taken in memory.values()))
    print_json(
        {
            "benchmark": "campaign",
            "whole": whole,
            "seconds": round(seconds, 1),
            **came,
            "killed": course.killed,
            "memory": memory,
            "machine": where,
        }
    )


if __name__ == "__main__":
    main()
