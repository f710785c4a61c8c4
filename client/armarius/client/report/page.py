"""The report as one HTML page that needs nothing but itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from armarius.client import words
from armarius.client.journal.tables import JobRow
from armarius.client.pageresults import PagesTold
from armarius.client.placement.decision import Decision
from armarius.client.report import characters, chart, pagework
from armarius.client.report.curves import accuracy_curve, loss_curve, memory_curve
from armarius.client.report.epochs import best_of, epochs_of, mended
from armarius.client.report.estimates import estimates
from armarius.client.report.facts import Facts, gather
from armarius.client.report.foretold import comparisons
from armarius.client.report.headline import headline
from armarius.client.report.provenance import (
    FOLDER,
    epoch_files,
    origin,
    parameters,
    parameters_used,
    result_files,
    split_sizes,
)
from armarius.client.report.timeline import Stay, timeline
from armarius.client.wording import Tile
from armarius.functions.contracts import Progress

SHOWN_FIRST = 12
"""Confusions, and pages that were left out, that are seen at once; the others can be unfolded."""


def render_report(
    job: JobRow,
    progress: Sequence[Progress],
    pages: Mapping[str, int] | None = None,
    *,
    decisions: Mapping[str, Decision] | None = None,
    told: PagesTold | None = None,
    elsewhere: bool = False,
) -> str:
    """Writes everything that is known of a job as one HTML page.

    The page loads nothing: style and drawings are in it, there is no script. Every text that comes from outside is
    escaped, and characters that could reorder the page are shown by their code points.

    Args:
        job: The job with its runs and events, in whatever state.
        progress: The progress of all its runs, in order.
        pages: The number of pages by split, where it is known.
        decisions: Why each run went where it went, by its id: what was foretold then is drawn, too.
        told: What came of the pages, of work on pages.
        elsewhere: Whether its readers are not at the machine that has the results: then neither commands to type there
            nor its folders are told.
    """
    content = _content(gather(job, progress, dict(pages or {}), decisions, told))
    if elsewhere:
        content |= _without_this_machine(content, str(job.request.output))
    return templates().get_template("report.html.j2").render(content)


def _without_this_machine(content: dict[str, Any], folder: str) -> dict[str, Any]:
    """Returns what of a report is other where nobody can type commands or open a folder of this machine."""
    stays: Sequence[Stay] = content["stays"]
    return {
        "headline": replace(content["headline"], command=""),
        "origin": [entry for entry in content["origin"] if entry.name != FOLDER],
        "stays": [replace(stay, message="") if folder in stay.message else stay for stay in stays],
    }


def _tiles(facts: Facts) -> tuple[Tile, ...]:
    """Returns the figures that stand out, those of the base model last."""
    if facts.is_of_pages:
        return pagework.tiles(facts)
    measured = facts.wording.tiles(facts.metrics) if facts.metrics else ()
    return (*measured, facts.wording.before(facts.baseline)) if facts.baseline else measured


def _content(facts: Facts) -> dict[str, Any]:
    epochs = epochs_of(facts)
    data = facts.dataset
    return {
        "facts": facts,
        "headline": headline(facts, epochs),
        "epochs": epochs,
        "best": best_of(facts, epochs),
        "mended": mended(epochs),
        "tiles": _tiles(facts),
        "curves": [curve for curve in (accuracy_curve(facts, epochs), loss_curve(facts, epochs)) if curve],
        "stays": timeline(facts),
        "comparisons": comparisons(facts, epochs),
        "estimates": estimates(facts),
        "memory": memory_curve(facts),
        "origin": origin(facts),
        "dropped": data.dropped if data else 0,
        "splits": split_sizes(data, facts.pages),
        "parameters": parameters(parameters_used(facts), facts.choice),
        "files": result_files(facts),
        "epoch_files": epoch_files(facts),
        "told": facts.told,
        "out": pagework.left_out(facts.told),
        "glossary": pagework.GLOSSARY.get(facts.request.kind, facts.wording.glossary),
        "paper": chart,
        "shown_first": SHOWN_FIRST,
    }


@cache
def templates() -> Environment:
    """Returns the templates, compiled once."""
    environment = Environment(
        loader=PackageLoader("armarius.client.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters.update(
        percent=words.percent,
        duration=words.duration,
        size=words.size,
        moment=words.moment,
        glyphs=characters.glyphs,
        named=characters.named,
    )
    environment.globals.update(count=words.count)
    return environment


def _harmless(value: Any) -> Any:
    """Every text that reaches the page goes through here, before it is escaped."""
    return characters.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
