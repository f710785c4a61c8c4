"""Where a result comes from: data, parameters, software, machine, files."""

from dataclasses import dataclass
from pathlib import Path

from armarius.client.errors import shown
from armarius.client.jobs.request import JobRequest
from armarius.client.naming import best_model, epoch_model
from armarius.client.report.facts import Facts
from armarius.client.words import count, duration, moment, size
from armarius.functions.contracts import (
    Blob,
    Choice,
    DatasetSummary,
    ModelFile,
    PageParameters,
    Split,
    TrainingParameters,
    Versions,
)

FOLDER = "Results in"
"""The one entry that says nothing on another machine."""

_BROUGHT_ALONG = "blla, which kraken brings along"

SPLITS = (Split.TRAIN, Split.VALIDATION, Split.TEST)


@dataclass(frozen=True)
class Entry:
    """A line of a list of facts; ``code`` for what is copied rather than read."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True)
class Parameter:
    """A hyper-parameter, and whether somebody chose it."""

    name: str
    value: str
    chosen: bool


@dataclass(frozen=True)
class SplitSize:
    """How much of the dataset a split holds; None where that is not known."""

    split: str
    lines: int | None
    pages: int | None
    regions: int | None = None


def origin(facts: Facts) -> tuple[Entry, ...]:
    """Returns what was asked, of whom, and when."""
    request = facts.request
    model = request.model
    if facts.is_of_pages:
        return (*_asked(facts), *_readers(request), *_computed(facts))
    digest = [Entry("its SHA-256", model.sha256, code=True)] if model else []
    return (
        *_asked(facts),
        Entry("Base model" if facts.trains else "Model", base_model(request)),
        *digest,
        *_computed(facts),
    )


def _asked(facts: Facts) -> tuple[Entry, ...]:
    return (
        Entry("Name", facts.request.name),
        Entry("Job", facts.id, code=True),
        Entry("Asked for", moment(facts.created)),
    )


def _readers(request: JobRequest) -> tuple[Entry, ...]:
    """Returns the models that work on pages, and in what formats these are written."""
    pages = request.pages or PageParameters()
    finder, reader = pages.segmentation, request.model
    finds = _model("Finds lines", finder) if isinstance(finder, Blob) else (Entry("Finds lines", _BROUGHT_ALONG),)
    return (*finds, *(_model("Reads lines", reader) if reader else ()), Entry("Formats", ", ".join(pages.formats)))


def _model(what: str, model: Blob) -> tuple[Entry, ...]:
    return Entry(what, model.name or "unnamed"), Entry("its SHA-256", model.sha256, code=True)


def _computed(facts: Facts) -> tuple[Entry, ...]:
    request = facts.request
    return (
        Entry("Dataset (SHA-256)", request.dataset, code=True),
        Entry("Software", software(facts)),
        Entry("Machines", ", ".join(dict.fromkeys(each.report.host for each in facts.attempts if each.report)) or "–"),
        Entry("Computing", computing(facts)),
        Entry(FOLDER, shown(request.output)),
    )


def base_model(request: JobRequest) -> str:
    """Names what a job starts from."""
    if request.model:
        return request.model.name or "unnamed"
    packaged = request.parameters.packaged
    return f"{packaged}, which kraken brings along" if packaged else "none: trained from scratch"


def software(facts: Facts) -> str:
    """Names the software of all runs, each combination once."""
    used = dict.fromkeys(versions_of(each.report.versions) for each in facts.attempts if each.report)
    return "; ".join(used) or "–"


def versions_of(versions: Versions) -> str:
    """Names software with its versions."""
    named = (("Armarius", versions.armarius), ("kraken", versions.kraken), ("PyTorch", versions.torch))
    known = [f"{name} {version}" for name, version in named if version]
    return ", ".join([*known, f"Python {versions.python}"])


def computing(facts: Facts) -> str:
    """Says what was spent."""
    usages = [(each.spec.limits.cpus, each.report.usage) for each in facts.attempts if each.report]
    if not usages:
        return "–"
    cpu_hours = sum(cpus * usage.seconds for cpus, usage in usages) / 3600
    gpu_seconds = sum(usage.gpu_seconds for _, usage in usages)
    gpu = f", {duration(gpu_seconds)} of GPU" if gpu_seconds else ""
    return f"{duration(facts.seconds)} in {count(len(usages), 'run')}, {cpu_hours:.2f} CPU hours{gpu}"


def parameters_used(facts: Facts) -> TrainingParameters:
    """Returns the parameters of the newest run: after a want of memory the batch may be smaller than was asked."""
    return facts.last.spec.parameters if facts.last else facts.request.parameters


def parameters(asked: TrainingParameters, choice: Choice | None = None) -> tuple[Parameter, ...]:
    """Returns every hyper-parameter, those that somebody chose first.

    Args:
        asked: As they were asked.
        choice: What was trained with where it was left to the engine, if that is known.
    """
    standard = type(asked)()  # type: ignore[call-arg]  # every kind has defaults for all
    used = asked.settled(choice.batch_size, choice.precision) if choice else asked
    rows = [
        Parameter(name, _valued(value, getattr(used, name)), value != getattr(standard, name))
        for name, value in asked.model_dump(mode="json").items()
        if name != "kind"
    ]
    return tuple(sorted(rows, key=lambda row: not row.chosen))


def _valued(asked: object, used: object) -> str:
    if asked == "auto" and used != asked:
        return f"{used} (found by trial)"
    return "none" if asked is None else str(asked)


def split_sizes(data: DatasetSummary | None, pages: dict[str, int]) -> tuple[SplitSize, ...]:
    """Returns the size of each split that has any."""
    lines, regions = (data.lines, data.regions) if data else ({}, {})
    return tuple(
        SplitSize(split.value, lines.get(split.value), pages.get(split.value), regions.get(split.value))
        for split in SPLITS
        if lines.get(split.value) or regions.get(split.value) or pages.get(split.value)
    )


@dataclass(frozen=True)
class ResultFile:
    """A model that a training left."""

    name: str
    format: str
    size: str
    sha256: str


def result_files(facts: Facts) -> tuple[ResultFile, ...]:
    """Returns the files of the best weights."""
    report = facts.training
    return tuple(_file(best_model(facts.request, report, each), each) for each in report.models) if report else ()


def epoch_files(facts: Facts) -> tuple[ResultFile, ...]:
    """Returns the model files of single epochs."""
    return tuple(_file(epoch_model(facts.request, each), each) for each in facts.epoch_models)


def _file(path: Path, model: ModelFile) -> ResultFile:
    return ResultFile(path.name, model.format, size(model.size), model.sha256)
