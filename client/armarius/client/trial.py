"""Trying a site out, from one end to the other: what an admin does before the first scholar does it."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from armarius.client.errors import SiteRefused
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.plan import first_plan
from armarius.client.jobs.priors import prior_of
from armarius.client.ports import Parcel, TransferState
from armarius.client.words import duration, size
from armarius.functions.contracts import (
    ArmariusError,
    Limits,
    ProgressAnswer,
    ProgressRequest,
    Reason,
    RecognitionParameters,
    RunReport,
    RunSpec,
    RunState,
    Task,
    Watched,
)
from armarius.functions.files import sha256_of, write_bytes
from armarius.functions.site import blob_name
from armarius.functions.versions import versions

LETTER = b"Armarius tries this site out.\n"
"""What is sent and fetched again; the site keeps it like any other file."""

_TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Step:
    """One thing that was tried.

    Attributes:
        name: What.
        said: What came of it, or what went wrong and what to do next.
        good: Whether it works.
        seconds: How long it took.
    """

    name: str
    said: str
    good: bool
    seconds: float


class Trial:
    """Tries one site: does it answer, do files come and go, does a job start?

    Args:
        desk: Journal, sites and time.
        site: The site's name.
        folder: Where the letter is written and comes home to.
        patience: Seconds for a transfer, and for a job to come through the queue.
    """

    def __init__(self, desk: Desk, site: str, folder: Path, patience: float) -> None:
        self._desk = desk
        self._link: SiteLink = desk.link(site)
        self._folder = folder
        self._patience = patience
        self._id = f"trial-{secrets.token_hex(4)}"
        self._submitted = False

    def steps(self, *, job: bool = True) -> Iterator[Step]:
        """Tries one thing after the other, and ends with the first that does not work.

        Args:
            job: Whether to send a job through the site's queue too.
        """
        tried: list[tuple[str, Callable[[], str]]] = [
            ("answers", self._answers),
            ("gets files", self._gets),
            ("gives files", self._gives),
        ]
        if job:
            tried.append(("computes", self._computes))
        try:
            for name, attempt in tried:
                step = _timed(name, attempt)
                yield step
                if not step.good:
                    return
        finally:
            self._clean_up()

    def _answers(self) -> str:
        report = self._desk.probe(self._link, [])
        theirs, ours = report.versions, versions()
        if not theirs.kraken:
            raise SiteRefused("The site answers, but has no kraken.", "On the site: armarius endpoint doctor")
        other = f" (here: {ours.armarius})" if theirs.armarius != ours.armarius else ""
        return (
            f"{report.host}: Armarius {theirs.armarius}{other}, kraken {theirs.kraken}, {size(report.disk_free)} free"
        )

    def _gets(self) -> str:
        here = self._folder / "letter"
        write_bytes(here, LETTER)
        name = f"{self._id}-in"
        self._link.staging.send(name, [self._parcel(here)])
        self._await_transfer(name)
        if self._desk.probe(self._link, [_DIGEST]).missing:
            raise SiteRefused(
                "The file arrived, but the site does not see it.",
                "Its [data] path and the root of its workers are not the same directory: armarius endpoint doctor",
            )
        return f"a file of {size(len(LETTER))} arrived, verified"

    def _gives(self) -> str:
        here = self._folder / "letter-again"
        name = f"{self._id}-out"
        self._link.staging.fetch(name, [self._parcel(here)])
        self._await_transfer(name)
        if sha256_of(here) != _DIGEST:
            raise SiteRefused("What came back is not what was sent.")
        return "and came home, verified"

    def _computes(self) -> str:
        """Hands over a run whose pages are missing: all the way through queue, worker and engine, and no further."""
        prior = prior_of(RecognitionParameters())
        plan = first_plan(self._link.config.shapes, self._link.config.ladder(), calibration=0, prior=prior)
        limits = Limits(cpus=1, gpus=plan.shape.gpus, walltime=plan.walltime)
        spec = RunSpec(run_id=self._id, task=Task.CALIBRATE, dataset="0" * 64, limits=limits)
        self._submitted = True
        reference = self._link.compute.submit(spec, plan.shape, plan.walltime)
        report = self._await_report(reference)
        if report.reason is not Reason.MISSING_DATA:
            raise SiteRefused(f"A job started, but failed: {report.message}", "On the site: armarius endpoint doctor")
        return f"a job came through the queue and started kraken on {report.host}"

    def _clean_up(self) -> None:
        """Leaves nothing behind: no transfer under way, and no run that may still begin."""
        for way in ("in", "out"):
            with suppress(ArmariusError):
                self._link.staging.cancel(f"{self._id}-{way}")
        if self._submitted:
            with suppress(ArmariusError):
                self._desk.stop(self._link.config.name, self._id)
                self._desk.release(self._link.config.name, [self._id])

    def _parcel(self, here: Path) -> Parcel:
        return Parcel(here=here, there=blob_name(_DIGEST), sha256=_DIGEST, size=len(LETTER))

    def _await_transfer(self, name: str) -> None:
        for _ in self._looks(f"The transfer {name} is still under way."):
            with _patiently():
                view = self._link.staging.status(name)
                if view.state is TransferState.DONE:
                    return
                if view.state is TransferState.FAILED:
                    raise SiteRefused(view.error)

    def _await_report(self, reference: str) -> RunReport:
        request = ProgressRequest(runs=(Watched(run_id=self._id),)).model_dump(mode="json")
        for _ in self._looks("The job has not come through the queue yet."):
            with _patiently():
                status = ProgressAnswer.model_validate(self._link.compute.call("progress", request)).runs[0]
                if status.state is RunState.ENDED and status.report:
                    return RunReport.common(status.report)
                task = self._link.compute.task(reference)
                if task.error:
                    raise SiteRefused(task.error)
        raise AssertionError  # _looks has raised

    def _looks(self, said: str) -> Iterator[None]:
        """Lets looks pass until patience ends."""
        ends = self._desk.clock.now() + self._patience
        while self._desk.clock.now() < ends:
            yield
            self._link.compute.wait(max(_TICK_SECONDS, self._link.compute.pace))
        raise SiteRefused(said, f"It was waited for {duration(self._patience)}; longer with --patience.")


_DIGEST = sha256(LETTER).hexdigest()


@contextmanager
def _patiently() -> Iterator[None]:
    """Lets pass what may pass by itself: it is looked again until patience ends."""
    try:
        yield
    except ArmariusError as error:
        if not error.transient:
            raise


def _timed(name: str, attempt: Callable[[], str]) -> Step:
    begun = time.monotonic()
    try:
        said, good = attempt(), True
    except ArmariusError as error:
        said, good = str(error), False
    return Step(name, said, good, time.monotonic() - begun)
