"""The Python API: a pool of sites."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

from pydantic import ValidationError

from armarius.client.accounts.names import Account, login_name
from armarius.client.config import PoolConfig, local_config, read_config
from armarius.client.driver import Driver
from armarius.client.futures import Following
from armarius.client.job import Job
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.request import DataPolicy, JobKind, JobRequest
from armarius.client.journal import JobRow, Journal
from armarius.client.links import open_desk
from armarius.client.logs.telling import tell
from armarius.client.pages import PackedDataset, pack, pack_images
from armarius.client.ports import Keys
from armarius.client.prepare import (
    PACKAGED,
    Start,
    claim_output,
    finder_of,
    free_folder,
    name_for,
    page_parameters,
    save_dataset,
    start_of,
    subject_of,
)
from armarius.functions.contracts import (
    AnyMetrics,
    BadInput,
    Metrics,
    PageFormat,
    PageParameters,
    RecognitionParameters,
    SegmentationMetrics,
    SegmentationParameters,
    TrainingParameters,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from armarius.client.jobs.options import JobOptions, TrainOptions

__all__ = ["Pool"]


class Pool:
    """Sites, a journal, and a driver in this process.

    Use it in a ``with`` block: at its end, trainings of this process write a checkpoint and pause. They go on when any
    process drives them again.

    Args:
        config: The sites, and where the journal is.
        desk: Made from the configuration unless given (tests give one with fakes).
        keys: Those of people who have connected accounts of their own, if anybody can.
    """

    def __init__(self, config: PoolConfig, desk: Desk | None = None, keys: Keys | None = None) -> None:
        self.config = config
        self.desk = desk or open_desk(config, Journal(config.journal), keys)
        self.desk.journal.witnesses.add(tell)
        self.driver = Driver(self.desk)
        self.following = Following(self)

    @classmethod
    def from_config(cls, folder: Path | None = None) -> "Pool":
        """Opens the pool that is configured in a folder, by default the user's; without sites, this machine."""
        return cls(read_config(folder))

    @classmethod
    def local(cls) -> "Pool":
        """Opens a pool of this machine alone."""
        return cls(local_config())

    @overload
    def train(
        self,
        pages: Sequence[Path | str],
        *,
        parameters: RecognitionParameters | None = None,
        **options: "Unpack[TrainOptions]",
    ) -> Job[Metrics]: ...

    @overload
    def train(
        self,
        pages: Sequence[Path | str],
        *,
        parameters: TrainingParameters | None = None,
        **options: "Unpack[TrainOptions]",
    ) -> Job[AnyMetrics]: ...

    def train(
        self,
        pages: Sequence[Path | str],
        *,
        name: str | None = None,
        parameters: TrainingParameters | None = None,
        base_model: Path | str | None = None,
        validation: Sequence[Path | str] = (),
        test: Sequence[Path | str] = (),
        held_out: int = 0,
        output: Path | str | None = None,
        on_packed: Callable[[PackedDataset], None] | None = None,
        **limits: "Unpack[JobOptions]",
    ) -> Job[Any]:
        """Writes a training down. It begins when somebody drives it, such as :meth:`Job.wait`.

        Args:
            pages: ALTO or PAGE files beside their images, or folders of them.
            name: What to call the model.
            parameters: How to train, and what kind of model; by default recognition, as ``ketos train`` does.
            base_model: A model of that kind to start from.
            validation: Pages that choose the best epoch; by default a tenth of ``pages``, at least one.
            test: Pages that the training never sees and the result is measured on.
            held_out: How many of ``pages`` to keep as test pages.
            output: The folder for the results, empty or not there yet; by default ``./NAME``.
            on_packed: Told of the packed dataset, with its problems, before the job is written down.
            limits: Those of :class:`JobOptions`: where, for whom, with how much, and with which files.

        Raises:
            BadInput: Something given cannot be used; the message names it.
        """
        start = start_of(parameters or RecognitionParameters(), _path(base_model))
        packed = pack(
            _paths(pages),
            validation=_paths(validation),
            test=_paths(test),
            held_out=held_out,
            kind=start.parameters.kind,
        )
        return self._create(
            JobKind.TRAIN,
            packed,
            name or name_for(_paths(pages)),
            _path(output),
            start,
            on_packed=on_packed,
            **limits,
        )

    def train_packed(
        self,
        packed: PackedDataset,
        start: Start,
        *,
        job_id: str,
        name: str,
        output: Path,
        **limits: "Unpack[JobOptions]",
    ) -> Job[AnyMetrics]:
        """Writes a training down, on pages that were packed by the caller: from a database, say.

        Args:
            packed: What to train on.
            start: What to start from; it says how to train, too.
            job_id: The caller's, so that the same training is never written down twice.
            name: What to call the model.
            output: The folder for the results, empty or not there yet.
            limits: As for :meth:`train`.
        """
        return self._create(JobKind.TRAIN, packed, name, output, start, job_id=job_id, **limits)

    def segtrain(
        self,
        pages: Sequence[Path | str],
        *,
        parameters: SegmentationParameters | None = None,
        **options: "Unpack[TrainOptions]",
    ) -> Job[SegmentationMetrics]:
        """Writes the training of a segmentation down: of a model that finds lines and regions.

        Args:
            pages: ALTO or PAGE files beside their images, or folders of them; they need no transcription.
            parameters: How to train; by default as ``ketos segtrain`` does.
            options: Those of :meth:`train`. ``base_model`` may be "blla", for the model that kraken brings along.

        Raises:
            BadInput: Something given cannot be used; the message names it.
        """
        job: Job[Any] = self.train(pages, parameters=parameters or SegmentationParameters(), **options)
        return job

    def evaluate(
        self,
        model: Path | str,
        pages: Sequence[Path | str],
        *,
        name: str | None = None,
        output: Path | str | None = None,
        on_packed: Callable[[PackedDataset], None] | None = None,
        **limits: "Unpack[JobOptions]",
    ) -> Job[AnyMetrics]:
        """Writes an evaluation down: a model reads or segments pages, and its errors are counted.

        Args are those of :meth:`train`; ``model`` is of any kind, or "blla".
        """
        start = subject_of(Path(model))
        packed = pack(_paths(pages), all_test=True, kind=start.parameters.kind)
        name = name or f"{Path(model).stem}-on-{name_for(_paths(pages))}"
        return self._create(JobKind.EVALUATE, packed, name, _path(output), start, on_packed=on_packed, **limits)

    def segment(
        self,
        images: Sequence[Path | str],
        *,
        model: Path | str = PACKAGED,
        formats: Sequence[PageFormat] = ("alto",),
        name: str | None = None,
        parameters: PageParameters | None = None,
        output: Path | str | None = None,
        on_packed: Callable[[PackedDataset], None] | None = None,
        **limits: "Unpack[JobOptions]",
    ) -> Job[None]:
        """Writes it down that lines and regions are to be found on pages. It begins when somebody drives it.

        Args:
            images: Image files, or folders of them; 2,000 at most (MOST_PAGES). What cannot be opened is left out.
            model: The segmentation model, or "blla" for the one that kraken brings along.
            formats: Of the files: "alto", "page".
            name: What to call the job.
            parameters: How, in all else than ``model`` and ``formats``; by default as ``kraken segment`` does.
            output: The folder for the results, empty or not there yet; by default ``./NAME``. The files are in its
                folder ``pages``, each named after its image.
            on_packed: Told of the packed images, with their problems, before the job is written down.
            limits: Those of :meth:`train`.

        Raises:
            BadInput: Something given cannot be used; the message names it.
        """
        if "text" in formats:
            raise BadInput("Pages that are segmented have no text.", "Ask for alto or page, or transcribe them.")
        finder = finder_of(Path(model))
        return self._create(
            JobKind.SEGMENT,
            pack_images(_paths(images)),
            name or f"{name_for(_paths(images))}-segmented",
            _path(output),
            Start(SegmentationParameters()),
            pages=page_parameters(finder, formats, parameters),
            segmentation_path=finder.path,
            on_packed=on_packed,
            **limits,
        )

    def transcribe(
        self,
        images: Sequence[Path | str],
        model: Path | str,
        *,
        segmentation: Path | str = PACKAGED,
        formats: Sequence[PageFormat] = ("alto",),
        drawn: bool = True,
        name: str | None = None,
        parameters: PageParameters | None = None,
        output: Path | str | None = None,
        on_packed: Callable[[PackedDataset], None] | None = None,
        **limits: "Unpack[JobOptions]",
    ) -> Job[None]:
        """Writes it down that pages are to be read: their lines are found first, where they are not drawn already.

        Args:
            images: Image files, or folders of them, or ALTO or PAGE files beside their images; 2,000 pages at most.
            model: The recognition model.
            segmentation: The model that finds lines, or "blla" for the one that kraken brings along.
            formats: Of the files: "alto", "page", "text".
            drawn: Keep the lines of ALTO or PAGE files beside the images, named or in the same folder.
            name: What to call the job.
            parameters: How, in all else than the models and ``formats``; by default as ``kraken segment ocr`` does.
            output: As for :meth:`segment`.
            on_packed: As for :meth:`segment`.
            limits: Those of :meth:`train`.

        Raises:
            BadInput: Something given cannot be used; the message names it.
        """
        finder, start = finder_of(Path(segmentation)), start_of(RecognitionParameters(), Path(model))
        return self._create(
            JobKind.TRANSCRIBE,
            pack_images(_paths(images), drawn=drawn),
            name or f"{name_for(_paths(images))}-transcribed",
            _path(output),
            start,
            pages=page_parameters(finder, formats, parameters),
            segmentation_path=finder.path,
            on_packed=on_packed,
            **limits,
        )

    def pages_packed(
        self,
        packed: PackedDataset,
        *,
        job_id: str,
        name: str,
        output: Path,
        formats: Sequence[PageFormat],
        model: Path | None = None,
        segmentation: Path | str = PACKAGED,
        parameters: PageParameters | None = None,
        **limits: "Unpack[JobOptions]",
    ) -> Job[None]:
        """Writes work on pages down that were packed by the caller: from a database, say.

        Args:
            packed: The pages.
            job_id: The caller's, so that the same work is never written down twice.
            name: What to call the job.
            output: The folder for the results, empty or not there yet.
            formats: Of the files.
            model: That reads them; None to find lines and regions.
            segmentation: That finds lines, as for :meth:`transcribe`.
            parameters: As for :meth:`transcribe`.
            limits: As for :meth:`train`.

        Raises:
            BadInput: Something given cannot be used; the message names it.
        """
        finder = finder_of(Path(segmentation))
        start = Start(SegmentationParameters()) if model is None else start_of(RecognitionParameters(), model)
        return self._create(
            JobKind.SEGMENT if model is None else JobKind.TRANSCRIBE,
            packed,
            name,
            output,
            start,
            job_id=job_id,
            pages=page_parameters(finder, formats, parameters),
            segmentation_path=finder.path,
            **limits,
        )

    def job(self, job_id: str) -> Job:
        """Finds a job by its id or the beginning of it.

        Raises:
            JobNotFound: None, or several.
        """
        return Job(self, self.desk.journal.job(job_id).id)

    def jobs(self) -> list[Job]:
        """Returns all jobs, oldest first."""
        return [Job(self, row.id) for row in self.desk.journal.jobs()]

    def serve(self, stop: Event, seen: Callable[[JobRow], None] = lambda _: None) -> None:
        """Drives all jobs until ``stop`` is set."""
        self.driver.serve(seen, stop)

    def through(self, change: Callable[[Desk], Desk]) -> None:
        """Puts something between the pool and its sites, such as what counts their calls; before anybody drives."""
        self.desk = change(self.desk)
        self.driver = Driver(self.desk)

    def close(self) -> None:
        """Pauses what this process computes and closes everything."""
        self.following.close()
        self.driver.close()
        self.desk.journal.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _create(
        self,
        kind: JobKind,
        packed: PackedDataset,
        name: str,
        output: Path | None,
        start: Start,
        *,
        job_id: str | None = None,
        on_packed: Callable[[PackedDataset], None] | None = None,
        **fields: Any,
    ) -> Job[Any]:
        """Tells of what was packed, claims the folder for the results, and writes the job down."""
        if on_packed:
            on_packed(packed)
        if fields.get("site"):
            self.config.site(fields["site"])  # known, or it says so
        fields = {"user": login_name(), "institution": self.config.institution, **fields}
        fields["policy"] = self._policy(fields)
        job_id = job_id or secrets.token_hex(5)
        folder = (output or free_folder(Path.cwd(), name)).absolute()
        request = _request(
            kind=kind,
            name=name,
            dataset=packed.id,
            dataset_dir=self.config.home / "jobs" / job_id,
            output=folder,
            parameters=start.parameters,
            model=start.model,
            model_path=start.path,
            **fields,
        )
        claim_output(folder, job_id)
        save_dataset(packed, request.dataset_dir)
        pages = len(packed.manifest.pages)
        self.desk.journal.create(job_id, request, self.desk.clock.now(), f"{pages} pages, dataset {packed.id[:12]}")
        return Job(self, job_id)

    def _policy(self, fields: dict[str, Any]) -> DataPolicy:
        """Fixes where the data may go: what the job says, and what ``pool.toml`` says today of those whose it is.

        Raises:
            ConfigurationError: No site bears one of the tags.
        """
        given = fields.get("policy") or DataPolicy()
        whose = Account(*(fields.get(name, "") for name in ("user", "project", "institution")))
        asked = self.config.data_rules.tags_for(whose, fields.get("data_of", ()))
        tags = self.config.known_tags({*given.tags, *fields.pop("only_tags", ()), *asked})
        return DataPolicy(tags=tags, sites=given.sites)


def _request(**fields: Any) -> JobRequest:
    """Makes a request.

    Raises:
        BadInput: A value cannot be used; the message names it.
    """
    try:
        return JobRequest.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{first['loc'][0]}: {first['input']!r} cannot be used: {first['msg']}.") from error


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)


def _paths(paths: Sequence[Path | str]) -> list[Path]:
    return [Path(path) for path in paths]
