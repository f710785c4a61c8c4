"""``make demo``: pages in, model out, on this machine, with nothing prepared."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click

from armarius.client.config import HOME_VARIABLE, local_site
from armarius.client.demo_pages import write_demo_pages
from armarius.functions.site import KRAKEN_VARIABLE

SPEC = "[1,48,0,1 Cr3,3,16 Gn8 Mp2,2 Cr3,3,32 Gn8 Mp2,2 S1(1x0)1,3 Lbx64]"
"""A network that learns in minutes on a CPU, and reads worse than kraken's default one.

Without its group normalisation (Gn8) it read nothing of an 18th-century hand after 16 epochs; with it, a third after 7
(with lines 40 pixels high).
"""


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo"), show_default=True)
@click.option("--data", type=click.Path(path_type=Path), help="Your pages instead of synthetic ones.")
@click.option("--epochs", default=30, show_default=True)
def main(out: Path, data: Path | None, epochs: int) -> None:
    """Trains a small model on pages, measures it on a page that it never saw, and shows how to go on."""
    home = out.absolute() / "home"
    os.environ[HOME_VARIABLE] = str(home)
    if data is None:
        data = out / "pages"
        if not data.exists():
            write_demo_pages(data)
        click.echo(f"Six synthetic pages were drawn in {data}: rendered text, no real handwriting.")
    number = next(n for n in range(1, 1000) if not (out / f"model-{n}").exists())
    model = out / f"model-{number}"
    # With fewer lines a step or smaller steps it is a matter of the seed whether so small a training begins to read.
    ended = _armarius(
        "train", str(data), "--output", str(model), "--held-out", "1", "--name", "demo", "--spec", SPEC,
        "--batch-size", "8", "--lrate", "0.01", "--quit", "fixed", "--epochs", str(epochs), "--calibration", "15",
    )  # fmt: skip
    if ended == 0:
        click.echo(_next(home, model))
    sys.exit(ended)


def _armarius(*arguments: str) -> int:
    """Runs a command. Ctrl-C is its business: it leaves a checkpoint and says how to go on."""
    click.echo(f"$ armarius {shlex.join(arguments)}")
    process = subprocess.Popen([sys.executable, "-m", "armarius.client.cli", *arguments])
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _next(home: Path, model: Path) -> str:
    command = Path(sys.executable).parent / "armarius"
    return (
        f"\nOpen {model / 'report.html'} in a browser: curves, history, what was foretold, confusions.\n"
        "Next, your own pages (ALTO or PAGE files beside their images), with kraken's full network:\n"
        f"  export {HOME_VARIABLE}={home} {KRAKEN_VARIABLE}={local_site(home).kraken_python}\n"
        f"  {command} train YOUR_PAGES --held-out 1\n"
        f"  {command} jobs"
    )


if __name__ == "__main__":
    main()
