"""Jobs with runs, reports and progress, as a journal would give them, made in memory."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.jobs.state import JobState
from armarius.client.journal.tables import EventRow, JobRow, RunRow
from armarius.functions.contracts import (
    AreaFigures,
    Blob,
    CalibrationReport,
    CheckpointRef,
    Confusion,
    CostModel,
    DatasetSummary,
    Epoch,
    EpochModel,
    EvaluationReport,
    Limits,
    LineFigures,
    LineReading,
    Metrics,
    ModelFile,
    Outcome,
    Phase,
    Progress,
    Reason,
    RecognitionParameters,
    RunReport,
    RunSpec,
    SegmentationMetrics,
    SegmentationParameters,
    Shape,
    Task,
    TrainingParameters,
    TrainReport,
    Usage,
    Versions,
)

START = 1_760_000_000.0
DATASET = "d" * 64
VERSIONS = Versions(armarius="0.1.0", python="3.11.9", kraken="7.1.1", torch="2.9.1")
SHAPE = Shape(name="cpu2", cpus=2, memory=8_000_000_000)
CONFUSIONS = (
    Confusion(correct="ſ", read="f", count=31),
    Confusion(correct=" ", read="", count=22),
    Confusion(correct="n\u0303", read="n", count=14),
    Confusion(correct="\u0303", read="", count=9),
    Confusion(correct="", read=".", count=7),
    Confusion(correct="\u200d", read="\u202e", count=3),
    Confusion(correct="ꝑ", read="p", count=2),
)


def request(kind: JobKind = JobKind.TRAIN, **fields: Any) -> JobRequest:
    """A wish; an evaluation has a model."""
    given = {
        "kind": kind,
        "name": "poilus",
        "dataset": DATASET,
        "dataset_dir": Path("nowhere"),
        "output": Path("results"),
        "parameters": RecognitionParameters(batch_size=8, seed=7),
    }
    if kind is JobKind.EVALUATE:
        given["model"] = Blob(sha256="a" * 64, size=4_000_000, name="base.mlmodel")
    return JobRequest(**{**given, **fields})


def epochs(count: int, first: int = 1, steps: int = 34) -> tuple[Epoch, ...]:
    """Epochs that learn as trainings do: nothing, then fast, then slowly; the last three are no better."""
    return tuple(_epoch(number, min(number, count + first - 4), steps) for number in range(first, first + count))


def _epoch(number: int, as_of: int, steps: int) -> Epoch:
    return Epoch(
        number=number,
        step=number * steps,
        loss=140.0 * math.exp(-number / 6) + 4.0,
        accuracy=round(0.93 / (1 + math.exp(-(as_of - 6) / 2)) - 0.002 * max(0, number - as_of), 4),
        word_accuracy=round(0.8 / (1 + math.exp(-(as_of - 8) / 2)), 4),
        seconds=11.0 + math.sin(number),
    )


def metrics(**fields: Any) -> Metrics:
    """A measurement on test lines."""
    given = {"split": "test", "cer": 0.087, "wer": 0.243, "characters": 2310, "errors": 201, "lines": 47}
    return Metrics(**{**given, "confusions": CONFUSIONS, **fields})


WORST = (
    LineReading(correct="ſoit ꝑ luy", read="foit p ly", errors=4, characters=10, page="f12r", line="l3"),
    LineReading(correct="שלום", read="", errors=4, characters=4),
)


def measured(**fields: Any) -> Metrics:
    """A measurement with all that follows from its single lines."""
    known = {
        "words": 420,
        "word_errors": 102,
        "cer_range": (0.0691, 0.0944),
        "wer_range": (0.201, 0.288),
        "worst": WORST,
    }
    return metrics(**{**known, **fields})


def baseline(cer: float = 0.079) -> Metrics:
    """How a base model reads the validation lines."""
    return metrics(split="validation", cer=cer, lines=31, characters=1000, errors=round(1000 * cer), confusions=())


def fine_tuned(improved: bool, **fields: Any) -> TrainReport:
    """The report of a training from a base model. Its best epoch reads 92.62 % of the validation lines."""
    return train_report(baseline=baseline(0.0825 if improved else 0.0651), improved=improved, **fields)


def epoch_model(number: int, run_id: str = "job1-1") -> EpochModel:
    """The model file of an epoch."""
    return EpochModel(
        sha256=f"{number % 10}" * 64,
        size=16_000_000,
        path=f"models/epoch_{number}.mlmodel",
        format="mlmodel",
        run_id=run_id,
        epoch=number,
        accuracy=0.5,
    )


def layout_metrics(**fields: Any) -> SegmentationMetrics:
    """A measurement of a segmentation on test pages."""
    given: dict[str, Any] = {
        "split": "test",
        "pages": 3,
        "mean_iu": 0.412,
        "freq_iu": 0.871,
        "pixel_accuracy": 0.953,
        "region_iu": 0.884,
        "lines": LineFigures(name="all", precision=0.931, recall=0.947, f1=0.939),
        "areas": (
            AreaFigures(name="_start_separator", auxiliary=True, iu=0.152, pixel_accuracy=0.99, pixels=900),
            AreaFigures(name="_end_separator", auxiliary=True, iu=0.137, pixel_accuracy=0.99, pixels=880),
            AreaFigures(name="text", iu=0.947, pixel_accuracy=0.96, pixels=90_000),
            AreaFigures(name="<b>margin</b>", iu=None, pixel_accuracy=1.0, pixels=0),
        ),
        "line_types": (
            LineFigures(name="default", precision=0.95, recall=0.96, f1=0.955),
            LineFigures(name="heading", precision=0.5, recall=0.625, f1=0.556),
        ),
    }
    return SegmentationMetrics(**{**given, **fields})


def layout_report(**fields: Any) -> TrainReport:
    """The report of a segmentation's training that ended well."""
    found = (0.2, 0.35, 0.412)
    done = tuple(
        Epoch(number=number, step=20 * number, loss=1.2 / number, accuracy=iu, baseline_f1=iu + 0.5, seconds=60.0)
        for number, iu in enumerate(found, 1)
    )
    data = DatasetSummary(dataset=DATASET, lines={"train": 812, "test": 96}, regions={"train": 40, "test": 5})
    return train_report(**{"epochs": done, "best_epoch": 3, "metrics": layout_metrics(), "dataset": data, **fields})


def layout_trained(**fields: Any) -> JobRow:
    """A segmentation that ended well, begun from kraken's own model."""
    parameters = SegmentationParameters(base="blla", epochs=3)
    return job([run(1, layout_report(**fields), parameters=parameters)], wish=request(parameters=parameters))


def calibration(**fields: Any) -> CalibrationReport:
    """What a measurement of a minute foretells."""
    cost = CostModel(
        setup_seconds=9.0,
        seconds_per_pixel=2.0e-7,
        validation_seconds=2.1,
        checkpoint_seconds=0.3,
        pixels_per_epoch=46_000_000,
        memory=2_900_000_000,
        steps=170,
    )
    given = {"cost": cost, "seconds": 60.0, "epochs": (20, 100), "seconds_left": (165.0, 1060.0), "went_on": True}
    return CalibrationReport(**{**given, **fields})


def train_report(run_id: str = "job1-1", **fields: Any) -> TrainReport:
    """The report of a training that ended well."""
    done = epochs(20)
    given: dict[str, Any] = {
        "run_id": run_id,
        "task": Task.CALIBRATE,
        "outcome": Outcome.FINISHED,
        "started": START + 4,
        "ended": START + 256,
        "versions": VERSIONS,
        "usage": Usage(seconds=252.0, setup_seconds=9.5, memory=2_430_000_000),
        "host": "node07",
        "calibration": calibration(),
        "epochs": done,
        "best_epoch": 17,
        "metrics": metrics(),
        "models": (
            ModelFile(path="models/m.safetensors", format="safetensors", sha256="1" * 64, size=16_200_000),
            ModelFile(path="models/m.mlmodel", format="mlmodel", sha256="2" * 64, size=16_300_000),
        ),
        "dataset": DatasetSummary(dataset=DATASET, lines={"train": 268, "validation": 31, "test": 47}, dropped=2),
    }
    return TrainReport(**{**given, **fields})


def failed_report(reason: Reason, message: str, **fields: Any) -> TrainReport:
    """The report of a training that failed before an epoch was done."""
    nothing = {"calibration": None, "epochs": (), "best_epoch": None, "metrics": None, "models": (), "dataset": None}
    return train_report(outcome=Outcome.FAILED, reason=reason, message=message, **{**nothing, **fields})


def evaluation_report(**fields: Any) -> EvaluationReport:
    """The report of an evaluation."""
    given: dict[str, Any] = {
        "run_id": "job1-1",
        "task": Task.EVALUATE,
        "outcome": Outcome.FINISHED,
        "started": START,
        "ended": START + 21,
        "versions": VERSIONS,
        "usage": Usage(seconds=21.0, setup_seconds=6.0, memory=1_100_000_000),
        "host": "node07",
        "metrics": metrics(),
        "dataset": DatasetSummary(dataset=DATASET, lines={"test": 47}),
    }
    return EvaluationReport(**{**given, **fields})


def run(
    number: int = 1,
    report: RunReport | None = None,
    *,
    task: Task = Task.CALIBRATE,
    resume_from: CheckpointRef | None = None,
    parameters: TrainingParameters | None = None,
    **fields: Any,
) -> RunRow:
    """An attempt."""
    model = Blob(sha256="a" * 64, size=4_000_000, name="base.mlmodel") if task is Task.EVALUATE else None
    spec = RunSpec(
        run_id=f"job1-{number}",
        task=task,
        dataset=DATASET,
        parameters=parameters or RecognitionParameters(batch_size=8, seed=7),
        model=model,
        resume_from=resume_from,
        limits=Limits(cpus=2),
    )
    given: dict[str, Any] = {
        "id": spec.run_id,
        "job_id": "job1",
        "number": number,
        "site": "local",
        "created": START,
        "spec_json": spec.model_dump(mode="json"),
        "shape_json": SHAPE.model_dump(mode="json"),
        "walltime": 600.0,
        "step": 680 if report else 0,
        "report_json": report.model_dump(mode="json") if report else None,
    }
    return RunRow(**{**given, **fields})


def event(state: JobState, after: float, message: str = "") -> EventRow:
    """A line of the history, some seconds after the job began."""
    return EventRow(job_id="job1", at=START + after, state_name=state.value, message=message)


EVENTS = (
    (JobState.PACKED, 0.0, "31 pages, 348 lines"),
    (JobState.PLACED, 0.4, "calibrate on local: shape cpu2, 10 min"),
    (JobState.STAGING, 0.9, "31 files, 48.1 MB"),
    (JobState.CALIBRATING, 3.8, "handed over to local"),
    (JobState.RETURNING, 257.0, "finished"),
    (JobState.DONE, 257.6, "results in results"),
)


def job(
    runs: Sequence[RunRow] = (),
    *,
    state: JobState = JobState.DONE,
    events: Sequence[EventRow] | None = None,
    wish: JobRequest | None = None,
    error: str = "",
    updated: float = 257.6,
) -> JobRow:
    """A job with its runs and its history."""
    history = [event(*each) for each in EVENTS] if events is None else list(events)
    return JobRow(
        id="job1",
        state_name=state.value,
        created=START,
        updated=START + updated,
        request_json=(wish or request()).model_dump(mode="json"),
        error=error,
        runs=list(runs),
        events=history,
    )


def trained(**fields: Any) -> JobRow:
    """A training that ended well in one run."""
    return job([run(1, train_report(**fields))])


def evaluated() -> JobRow:
    """An evaluation that ended well."""
    return job([run(1, evaluation_report(), task=Task.EVALUATE)], wish=request(JobKind.EVALUATE))


def progress(
    done: Sequence[Epoch], start: float = 10.0, *, before: int = 0, memory: int = 900_000_000
) -> list[Progress]:
    """The progress of one run: a line for each half epoch, memory creeping up.

    Args:
        done: The epochs.
        start: Seconds after the job's beginning.
        before: Epochs that an earlier run did.
        memory: Bytes at the start.
    """
    lines = [Progress(at=START + start, phase=Phase.COMPILING, memory=memory, message="268 of 268 lines cut out")]
    at = START + start + 3
    lines.append(Progress(at=at, phase=Phase.TRAINING, epoch=before, memory=memory * 2))
    for epoch in done:
        grown = int(memory * (2.4 + 0.25 * (1 - math.exp(-epoch.number / 5))))
        half = Progress(at=at + epoch.seconds / 2, phase=Phase.TRAINING, epoch=epoch.number - 1, memory=grown - 1000)
        at += epoch.seconds
        end = Progress(
            at=at,
            phase=Phase.TRAINING,
            epoch=epoch.number,
            step=epoch.step,
            ends_epoch=True,
            loss=epoch.loss,
            accuracy=epoch.accuracy,
            word_accuracy=epoch.word_accuracy,
            memory=grown,
            seconds_left=40.0,
        )
        lines += [half, end]
    return lines
