"""How long an epoch of a segmentation takes with ``ketos segtrain``, and with armarius, on the same pages."""

import glob
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import copy

import click
from common import (
    Armarius,
    Kraken,
    Pages,
    common_options,
    median,
    only_report,
    prepared,
    print_json,
    say,
)
from defusedxml.ElementTree import parse
from processes import run

from armarius.client.pages.reading import read_page
from armarius.client.words import percent, size

SPEC = (
    "[1,600,0,3 Cr7,7,32,2,2 Gn32 Cr3,3,64,2,2 Gn32 Cr3,3,64 Gn32 "
    "Lbx32 Lby32 Cr1,1,32 Gn32 Lby32 Lbx32]"
)  # fmt: skip
"""kraken's network on pages a third as high, with fewer filters: a step in seconds on a CPU."""

MOST_EPOCHS = 10
"""ketos keeps as many checkpoints, and their times are what tells how long its epochs took."""


@dataclass(frozen=True)
class Training:
    """What both are asked for."""

    start: tuple[str, str]
    epochs: int
    lrate: float
    threads: int

    def words(self) -> list[str]:
        """Returns the options that ``ketos segtrain`` and ``armarius segtrain`` have in common."""
        return [*self.start, "--resize", "union", "--quit", "fixed", "--epochs", str(self.epochs),
                "--lrate", str(self.lrate)]  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One training.

    Attributes:
        epoch: Seconds of an epoch, the first left out: training, validation, and what is written then.
        seconds: Wall time of the whole command.
        mean_iu: Of the best epoch, as kraken computes it during the training.
        memory: Peak bytes of all processes together.
    """

    epoch: float
    seconds: float
    mean_iu: float
    memory: int

    def __str__(self) -> str:
        return (
            f"{self.epoch:7.1f} s an epoch, {self.seconds:7.1f} s in all   "
            f"mean IU {percent(self.mean_iu):>7}   {size(self.memory):>7}"
        )


@click.command()
@common_options
@click.option("--epochs", type=click.IntRange(2, MOST_EPOCHS), default=4, show_default=True)
@click.option("--spec", default=SPEC, show_default=True, help="The network, in VGSL.")
@click.option("--blla", is_flag=True, help="Start from kraken's own model, 1800 pixels high, on pages without types.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
def main(
    pages: Path | None, threads: int, lrate: float, kraken: Path, epochs: int, spec: str, blla: bool, rounds: int
) -> None:
    """Train the same segmentation with ketos and with armarius, in turns, and compare the time of an epoch."""
    start = ("--load", "blla") if blla else ("--spec", spec)
    training = Training(start, epochs, lrate, threads)
    with prepared(kraken, pages) as (engine, where, found, folder):
        if blla:
            found = _without_types(found, folder / "without types")
        done = [_round(number, engine, found, training, folder / str(number)) for number in range(rounds)]
    ratios = [ours.epoch / theirs.epoch for theirs, ours in done]
    for number, (theirs, ours) in enumerate(done, 1):
        click.echo(f"round {number}   ketos     {theirs}\n          armarius  {ours}")
    click.echo(f"median of an epoch, ours over theirs: {median(ratios):.2f}")
    print_json(
        {
            "benchmark": "segmentation",
            "pages": found.counted(),
            "training": asdict(training),
            "machine": where,
            "rounds": [{"ketos": asdict(theirs), "armarius": asdict(ours)} for theirs, ours in done],
            "median_ratio": median(ratios),
        }
    )


def _without_types(pages: Pages, folder: Path) -> Pages:
    """Copies pages, but for what their lines and regions are: kraken then calls these as its own model does.

    With types that the model does not have, each side would make other outputs of them, and the mean over these would
    tell nothing.
    """
    folder.mkdir()
    train, validation = (
        tuple(_without_its_types(file, folder) for file in files) for files in (pages.train, pages.validation)
    )
    return replace(pages, train=train, validation=validation)


def _without_its_types(file: Path, folder: Path) -> Path:
    """Copies a page and its image."""
    copy(read_page(file).path, folder)
    tree = parse(file)
    for element in tree.iter():
        for name in ("TAGREFS", "TYPE", "custom", "type"):  # two of ALTO, two of PAGE
            element.attrib.pop(name, None)
    tree.write(folder / file.name, encoding="utf-8", xml_declaration=True)
    return folder / file.name


def _round(number: int, kraken: Kraken, pages: Pages, training: Training, folder: Path) -> tuple[Result, Result]:
    """Runs both; who comes first changes from round to round."""
    seed = number + 1
    if number % 2:
        ours = _armarius(kraken, pages, training, seed, folder / "armarius")
        return _ketos(kraken, pages, training, seed, folder / "ketos"), ours
    theirs = _ketos(kraken, pages, training, seed, folder / "ketos")
    return theirs, _armarius(kraken, pages, training, seed, folder / "armarius")


def _ketos(kraken: Kraken, pages: Pages, training: Training, seed: int, folder: Path) -> Result:
    """Trains with ``ketos segtrain`` on the XML files, as a person does it by hand."""
    folder.mkdir(parents=True)
    listing = folder / "validation.txt"
    listing.write_text("".join(f"{file}\n" for file in pages.validation), encoding="utf-8")
    words = [str(_packaged(kraken)) if word == "blla" else word for word in training.words()]
    ran = run(
        [
            str(kraken.ketos), "--device", "cpu", "--threads", str(training.threads), "--seed", str(seed),
            "segtrain", "--format-type", "xml", *words, "--output", "model",
            "--evaluation-data", str(listing), *(glob.escape(str(file)) for file in pages.train),
        ],
        folder,
    )  # fmt: skip
    written = sorted((file.stat().st_mtime, file) for file in (folder / "model").glob("checkpoint_*.ckpt"))
    if len(written) != training.epochs:
        raise click.ClickException(f"ketos left {len(written)} checkpoints of {training.epochs} epochs.")
    (best,) = (folder / "model").glob("best_*.safetensors")
    epoch = (written[-1][0] - written[0][0]) / (len(written) - 1)
    result = Result(epoch, ran.seconds, float(best.stem.removeprefix("best_")), ran.memory)
    say(f"ketos     {result}")
    return result


def _packaged(kraken: Kraken) -> Path:
    """Finds the model that kraken brings along."""
    (found,) = kraken.python.parent.parent.glob("lib/python3.*/site-packages/kraken/blla.mlmodel")
    return found


def _armarius(kraken: Kraken, pages: Pages, training: Training, seed: int, folder: Path) -> Result:
    """Trains with ``armarius segtrain``, with an empty data directory."""
    options = [*training.words(), "--threads", str(training.threads), "--seed", str(seed)]
    ran, job = Armarius(kraken, folder).train(pages, "model", *options, command="segtrain")
    epochs = only_report(job).epochs
    rest = [epoch.seconds for epoch in epochs[1:]]
    result = Result(sum(rest) / len(rest), ran.seconds, max(epoch.accuracy for epoch in epochs), ran.memory)
    say(f"armarius  {result}")
    return result


if __name__ == "__main__":
    main()
