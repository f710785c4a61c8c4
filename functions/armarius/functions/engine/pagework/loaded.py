"""The models of a worker, loaded once, and what its files say of them."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from kraken.configs import RecognitionInferenceConfig, SegmentationInferenceConfig
from kraken.containers import ProcessingStep, Segmentation
from kraken.tasks import RecognitionTaskModel, SegmentationTaskModel
from PIL import Image

from armarius.functions.contracts import Blob, PageParameters, RunSpec
from armarius.functions.engine.device import require_gpu
from armarius.functions.engine.models import blaming_model, named_model, packaged_model, require_lines
from armarius.functions.files import sha256_of
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site

_LONGEST_NAME = 200


@dataclass
class Loaded:
    """Models, ready to work.

    Attributes:
        parameters: How.
        direction: kraken's word for the direction of lines and page.
        device: What Lightning calls the machine's part that computes.
        finder: Finds lines; None where no page needs it.
        reader: Reads them; None where only lines are wanted.
        steps: What files say of how they were made: no paths, nothing of people.
    """

    parameters: PageParameters
    direction: str
    device: dict[str, Any]
    finder: Any = None
    reader: Any = None
    steps: tuple[ProcessingStep, ...] = ()

    def find_lines(self, image: Image.Image) -> Segmentation:
        """Returns the lines and regions of a page."""
        config = SegmentationInferenceConfig(
            text_direction=self.direction, input_padding=self.parameters.input_padding, **self.device
        )
        return self.finder.predict(im=image, config=config)

    def read_lines(self, image: Image.Image, found: Segmentation) -> list[Any]:
        """Returns what stands in each line, as kraken's records.

        Lines are cut out in this process: others for it would only wait for a core that this crew keeps busy.
        """
        config = RecognitionInferenceConfig(
            padding=self.parameters.padding,
            batch_size=self.parameters.batch_size,
            temperature=self.parameters.temperature,
            bidi_reordering=self.parameters.bidi_reordering,
            no_legacy_polygons=self.parameters.no_legacy_polygons,
            num_line_workers=0,
            **self.device,
        )
        return list(self.reader.predict(im=image, segmentation=found, config=config))


def load(site: Site, run: RunDir, spec: RunSpec, direction: str, gpu: int | None) -> Loaded:
    """Loads what a run works with.

    Args:
        site: Where models are.
        run: Its directory.
        spec: What was asked.
        direction: That of the manifest.
        gpu: The number of the GPU, or None for the processor.

    Raises:
        MissingData: A model is not on this site.
        DamagedFile: One is not what its digest says.
        EngineFault: One cannot be used.
    """
    parameters = spec.pages or PageParameters()
    device = {"accelerator": "cpu", "device": 1} if gpu is None else {"accelerator": "gpu", "device": [gpu]}
    if gpu is not None:
        require_gpu()
    loaded = Loaded(parameters, parameters.text_direction or direction, device)
    loaded.finder = _finder(site, run, parameters)
    loaded.reader = _reader(site, run, spec.model) if spec.model else None
    loaded.steps = _steps(loaded, spec.model)
    return loaded


def _finder(site: Site, run: RunDir, parameters: PageParameters) -> Any:
    model = parameters.segmentation
    if isinstance(model, str):
        return SegmentationTaskModel.load_model()
    with blaming_model(model.name, "segmentation"):
        return SegmentationTaskModel.load_model(named_model(site, run, model, "finder"))


def _reader(site: Site, run: RunDir, model: Blob) -> Any:
    with blaming_model(model.name, "recognition"):
        reader = RecognitionTaskModel.load_model(named_model(site, run, model))
    require_lines(reader.seg_type, model.name)
    return reader


def _steps(loaded: Loaded, reader: Blob | None) -> tuple[ProcessingStep, ...]:
    """Returns how a page was made, in an order in which it can be made again."""
    parameters, by = loaded.parameters, {"armarius": version("armarius")}
    finding = ProcessingStep(
        id="segmentation",
        category="processing",
        description="Baseline and region segmentation",
        settings={
            **_model(parameters.segmentation),
            "text_direction": loaded.direction,
            "input_padding": parameters.input_padding,
            **by,
        },
    )
    if reader is None:
        return (finding,)
    reading = ProcessingStep(
        id="recognition",
        category="processing",
        description="Text line recognition",
        settings={
            **_model(reader),
            "padding": parameters.padding,
            "batch_size": parameters.batch_size,
            "temperature": parameters.temperature,
            "bidi_reordering": parameters.bidi_reordering,
            "no_legacy_polygons": parameters.no_legacy_polygons,
            **by,
        },
    )
    return (finding, reading)


def _model(model: Blob | str) -> dict[str, str]:
    if isinstance(model, str):
        packaged = packaged_model()
        return {"model": packaged.name, "sha256": sha256_of(packaged)}
    return {"model": plain_name(model.name) or "unnamed", "sha256": model.sha256}


def plain_name(name: str) -> str:
    """Returns what people call a file, without the folders that it once was in, and without what XML cannot hold."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    return "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME]
