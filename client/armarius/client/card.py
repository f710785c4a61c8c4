"""The model card: what anybody should know who finds the model without its maker."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from armarius.client import words
from armarius.client.journal.tables import JobRow
from armarius.client.naming import best_model
from armarius.client.report.characters import glyphs, named, visible
from armarius.client.report.comparison import verdict
from armarius.client.report.provenance import base_model, parameters, split_sizes, versions_of
from armarius.client.wording import wording_of
from armarius.functions.contracts import Split, TrainReport

UNSTATED = "Not stated"


@dataclass(frozen=True)
class Author:
    """Somebody who made the model."""

    name: str
    affiliation: str | None = None
    orcid: str | None = None


@dataclass(frozen=True)
class CardDetails:
    """What only a person can say of a model. The defaults say honestly that nobody did.

    Attributes:
        authors: At least one for a publication.
        summary: One line.
        description: Of the sources, the hands, the rules of transcription; Markdown.
        license: An identifier of the Open Knowledge Foundation's list, such as "CC-BY-4.0".
        languages: ISO 639-3 codes; "und" is undetermined.
        scripts: ISO 15924 codes; "Zyyy" is undetermined.
        datasets: Where the training data is published: URIs.
        base_models: Where the base model is published: URIs.
    """

    authors: Sequence[Author] = (Author(UNSTATED),)
    summary: str = ""
    description: str = ""
    license: str = "notspecified"
    languages: Sequence[str] = ("und",)
    scripts: Sequence[str] = ("Zyyy",)
    datasets: Sequence[str] = ()
    base_models: Sequence[str] = ()


_NOTHING_SAID = CardDetails()


def model_card(
    job: JobRow,
    report: TrainReport,
    details: CardDetails = _NOTHING_SAID,
    pages: Mapping[str, int] | None = None,
) -> str:
    """Writes the card of a trained model: YAML as ``htrmopo`` publishes it (schema v1), then Markdown for people.

    Args:
        job: What was asked.
        report: Of the run that finished it.
        details: What a person says.
        pages: The number of pages by split, where it is known.
    """
    return f"---\n{_header(job, report, details)}---\n\n{_body(job, report, details, dict(pages or {}))}"


# The part for machines ----------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Quotes every text, so that one may hold anything."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", visible(text), style='"')


_Dumper.add_representer(str, _quoted)

_FENCE = re.compile(r"---|\+\+\+")


def _header(job: JobRow, report: TrainReport, details: CardDetails) -> str:
    dumped = yaml.dump(_metadata(job, report, details), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1e6)
    # htrmopo ends the header at the first fence, wherever it stands. Only a quoted text can hold one.
    header = _FENCE.sub(lambda fence: f"\\x{ord(fence[0][0]):02x}{fence[0][1:]}", dumped)
    return re.sub(r'^( *(?:- )?)"(\w+)":', r"\1\2:", header, flags=re.MULTILINE)


def _metadata(job: JobRow, report: TrainReport, details: CardDetails) -> dict[str, Any]:
    request = job.request
    wording = wording_of(request.parameters.kind)
    return {
        "id": "",
        "summary": details.summary or f"{wording.name.capitalize()} model {request.name}",
        "authors": [_without_none(vars(author)) for author in details.authors],
        "license": details.license,
        "software_name": "kraken",
        "software_hints": ["kind=vgsl", f"trained with kraken {report.versions.kraken}"],
        "language": list(details.languages),
        "script": list(details.scripts),
        "model_type": [wording.name],
        "metrics": dict(wording.figures(report.metrics)) if report.metrics else {},
        "datasets": list(details.datasets),
        "base_model": list(details.base_models),
        "keywords": list(wording.keywords),
        "armarius": {
            "job": job.id,
            "run": report.run_id,
            "dataset": request.dataset,
            "base_model": request.model.sha256 if request.model else request.parameters.packaged,
        },
    }


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


# The part for people ------------------------------------------------------------------------------------------


def _body(job: JobRow, report: TrainReport, details: CardDetails, pages: dict[str, int]) -> str:
    request = job.request
    run = job.run
    used = run.spec.parameters if run else request.parameters
    data = report.dataset
    metrics = report.metrics
    return (
        _environment()
        .get_template("card.md.j2")
        .render(
            request=request,
            job_id=job.id,
            report=report,
            details=details,
            unstated=_unstated(details),
            chosen=[each for each in parameters(used, report.choice) if each.chosen],
            wording=wording_of(request.parameters.kind),
            further=request.starts_from_a_model,
            base=base_model(request),
            network=used.spec,
            splits=split_sizes(data, pages),
            dropped=data.dropped if data else 0,
            confusions=[
                (_in_words(each.correct), _in_words(each.read), each.count)
                for each in getattr(metrics, "confusions", ())[:10]
            ],
            verdict=verdict(report),
            files=[(best_model(request, report, each).name, each) for each in report.models],
            by_validation=metrics is not None and metrics.split == Split.VALIDATION.value,
            software=versions_of(report.versions),
        )
    )


def _unstated(details: CardDetails) -> list[str]:
    """Names what nobody has said yet."""
    names = {
        "authors": "authors",
        "license": "licence",
        "languages": "language",
        "scripts": "script",
        "summary": "summary",
        "description": "description of the sources and of the rules of transcription",
    }
    return [said for name, said in names.items() if getattr(details, name) == getattr(_NOTHING_SAID, name)]


def _in_words(text: str) -> str:
    return " ".join(part for part in (glyphs(text), named(text)) if part) or "nothing"


@cache
def _environment() -> Environment:
    """Compiles the template once."""
    environment = Environment(  # noqa: S701 - Markdown: finalize escapes
        loader=PackageLoader("armarius.client.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_markdown,
    )
    environment.filters.update(percent=words.percent, size=words.size, as_written=_Written)
    environment.globals.update(count=words.count)
    return environment


class _Written(str):
    """Markdown that a person wrote as such."""

    __slots__ = ()


_MEANT = re.compile(r"([\\`*_\[\]<>&|~#$])")


def _markdown(value: Any) -> str:
    """Escapes what Markdown or the HTML within it would take for a mark; a text stays on its line."""
    if isinstance(value, _Written):
        return visible(value)
    return _MEANT.sub(r"\\\1", " ".join(visible(str(value)).split()))
