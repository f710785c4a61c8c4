"""Trainings of the stand-in on one fake site, step by step."""

import hashlib
from typing import Any

from armarius.client.escriptorium.life.clerk import Clerk
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.record import Asked, TrainingRow
from armarius.client.journal import JobRow
from armarius.functions.contracts import EpochModel, Outcome, Phase, Progress, Usage
from support.desk import MODEL, Bench
from support.escriptorium import AtOnce, Instance
from support.jobs import epochs, metrics


def weights_of(number: int) -> bytes:
    return f"weights of epoch {number}".encode()


class Life:
    """Everything a test of a training's life needs."""

    def __init__(self, office: Office, made: Bench, here: Instance, heard: list[dict[str, Any]]) -> None:
        self.office, self.made, self.here, self.heard = office, made, here, heard
        self.clerk = Clerk(office, AtOnce())

    def ask(self, model: Any = None, parts: int = 2, **arguments: Any) -> Asked:
        """A training that a body has written down."""
        model = model or self.here.model()
        asked = self.here.asked(model, [self.here.part(number) for number in range(1, parts + 1)], **arguments)
        self.office.ledger.write_down(asked, self.office.now())
        return asked

    def row(self, asked: Asked) -> TrainingRow:
        return self.office.ledger.get(asked.id)

    def job(self, asked: Asked) -> JobRow:
        job = self.office.job(self.row(asked))
        assert job is not None
        return job

    def step(self, times: int = 1) -> None:
        """Lets the clerk and the driver look, in turn."""
        for _ in range(times):
            self.clerk.look()
            for job in self.office.pool.desk.journal.jobs(unfinished_only=True):
                self.office.pool.driver.look(job.id)

    def until_computing(self, asked: Asked) -> str:
        """Lets it come to the site; returns the id of its run."""
        for _ in range(12):
            self.step()
            job = self.office.job(self.row(asked))
            if job is not None and job.state.computing and job.run is not None:
                self.made.site.begin(job.run.id)
                return job.run.id
        raise AssertionError(self.row(asked).phase)

    def epoch(self, run_id: str, number: int, *, seconds_left: float | None = None) -> EpochModel:
        """Lets an epoch end on the site."""
        content = weights_of(number)
        sha256 = hashlib.sha256(content).hexdigest()
        self.made.staging.content[sha256] = content
        accuracy = epochs(20)[number - 1].accuracy
        model = EpochModel(
            run_id=run_id,
            epoch=number,
            accuracy=accuracy,
            path=f"models/epoch_{number}.safetensors",
            format="safetensors",
            sha256=sha256,
            size=len(content),
        )
        given = {"at": self.office.now(), "epoch": number, "step": number * 34}
        self.made.site.begin(
            run_id,
            Progress(
                phase=Phase.TRAINING, ends_epoch=True, accuracy=accuracy, loss=1.0, seconds_left=seconds_left, **given
            ),
            Progress(phase=Phase.WRITING, model=model, **given),
        )
        return model

    def finish(self, run_id: str, *models: EpochModel, gpu_seconds: float = 0.0, **fields: Any) -> None:
        """Lets the training end well on the site."""
        done = epochs(max(4, len(models)))[: len(models) or 1]
        given: dict[str, Any] = {
            "models": (MODEL,),
            "epochs": done,
            "best_epoch": len(done),
            "epoch_models": models,
            "metrics": metrics(),
        }
        self.made.site.end(run_id, Outcome.FINISHED, **{**given, **fields})
        report = self.made.site.runs[run_id].report
        assert report is not None
        usage = Usage(seconds=1000, gpu_seconds=gpu_seconds)
        self.made.site.runs[run_id].report = report.model_copy(update={"usage": usage})

    def until_ended(self, asked: Asked, most: int = 15) -> TrainingRow:
        for _ in range(most):
            self.step()
            if not [row for row in self.office.ledger.open_ones() if row.id == asked.id]:
                return self.row(asked)
        raise AssertionError((self.row(asked).phase, self.job(asked).state, self.job(asked).error))

    def events(self, *names: str) -> list[tuple[str, dict[str, Any]]]:
        """What the pages heard of trainings, in order."""
        told = [(event["name"], event["data"]) for event in self.heard if "name" in event]
        return [(name, data) for name, data in told if name in names] if names else told

    def notified(self) -> list[tuple[str, str]]:
        return [(event["level"], event["text"]) for event in self.heard if "text" in event]

    def reports(self, asked: Asked) -> list[Any]:
        return list(self.here.reports.filter(task_id=asked.task_id).order_by("pk"))

    def story(self, asked: Asked) -> str:
        return str(self.reports(asked)[0].messages)

    def model(self, asked: Asked) -> Any:
        return self.here.models.OcrModel.objects.get(pk=asked.model)
