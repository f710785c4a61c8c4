"""Segmentation: networks that find lines and regions on a page (kraken's blla)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kraken.configs import BLLASegmentationTrainingConfig, BLLASegmentationTrainingDataConfig
from kraken.train import BLLASegmentationModel

from armarius.functions.contracts import (
    SEGTRAIN_SPEC,
    Reason,
    SegmentationMetrics,
    SegmentationParameters,
    Split,
    Task,
)
from armarius.functions.engine.classes import Classes, Wanted, fitted_classes, new_classes, require_common
from armarius.functions.engine.cost import Cost, NetworkInput
from armarius.functions.engine.kind import Tell
from armarius.functions.engine.layout import Layout, read_layout
from armarius.functions.engine.models import named_model, packaged_model
from armarius.functions.engine.networks import begin, load, on_paper
from armarius.functions.engine.order import BatchOrder, ResumableSampler
from armarius.functions.engine.overlap import metrics_of
from armarius.functions.engine.pageset import PageData
from armarius.functions.engine.pausing import PauseBetweenBatches
from armarius.functions.engine.session import Session
from armarius.functions.engine.trainer import build_trainer
from armarius.functions.errors import EngineFault

TOPLINE = {"topline": True, "baseline": False, "centerline": None}
"""kraken's spelling of the line offset."""


class Segmentation:
    """The kind "segmentation".

    Args:
        session: The run.
        parameters: How to train.
    """

    figures: Mapping[str, str] = {"val_mean_iu": "accuracy", "val_bl_f1": "baseline_f1"}
    speed = "pages_per_second"
    learns = "finds"
    measure = "mean IU"

    def __init__(self, session: Session, parameters: SegmentationParameters) -> None:
        self._session = session
        self._parameters = parameters
        self._wanted = Wanted({}, {})

    # Networks --------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Builds the network once without its weights, for kraken's parser says what is wrong in many ways.

        Raises:
            EngineFault: It is no network that takes pages.
        """
        if self._session.spec.starts_from_a_model:
            return
        network = self._parameters.spec
        net = on_paper(BLLASegmentationModel, self._config(), "segmentation", network, "O2l3")
        if net.input[1] not in (1, 3):
            raise EngineFault(
                Reason.BAD_PARAMETERS,
                f"The network {network} takes {net.input[1]} channels; a page has 1 (grey) or 3 (colour).",
                "Let it begin with [1,1800,0,3 or the like: one page, its height, any width, its colours.",
            )

    def module(self, checkpoint: dict[str, Any] | None) -> Any:
        """Returns the module: of a checkpoint, of the base model, or new; then its network is made with its data."""
        config = self._config()
        return begin(BLLASegmentationModel, config, self._session, lambda: self.given_model()[1], checkpoint)

    def given_model(self) -> tuple[Path, Any]:
        """Returns the path of the model that was given, or that kraken brings along, and its module.

        Raises:
            EngineFault: It cannot be used.
        """
        model = self._session.spec.model
        path = named_model(self._session.site, self._session.run, model) if model else self._packaged()
        return path, load(BLLASegmentationModel, self._config(), "segmentation", self._session, path)

    def _packaged(self) -> Path:
        """Returns the model that kraken brings along.

        Raises:
            EngineFault: No model was asked for.
        """
        if self._parameters.packaged is None:
            raise EngineFault(Reason.BAD_MODEL, "No model was given.", "Name one.")
        return packaged_model()

    # Data ------------------------------------------------------------------------------------------------------

    def prepare(self, tell: Tell, tested: Any = None) -> Layout:
        """Reads the pages."""
        site, dataset = self._session.site, self._session.spec.dataset
        return read_layout(site, dataset, lambda done, every: tell(done, every, "pages looked at"))

    def data(self, prepared: Layout, module: Any) -> PageData:
        """Returns the pages to train and validate with, and gives the network an output for each type on them."""
        for split, purpose in ((Split.TRAIN, "train on"), (Split.VALIDATION, "validate with")):
            if not prepared.holds(split):
                raise EngineFault(Reason.BAD_DATA, f"There is no page to {purpose}.", "Move one to that part.")
        self._wanted = Wanted.of(prepared.pages(Split.TRAIN), self._parameters)
        classes = self._fit(module.net) if module.net else new_classes(self._wanted)
        data = PageData(
            self._data_config(
                classes,
                training_data=prepared.samples(Split.TRAIN, self._wanted),
                evaluation_data=prepared.samples(Split.VALIDATION, self._wanted),
                augment=self._parameters.augment,
            )
        )
        data.set_up_loaders(self._session.spec.limits, self._parameters.seed)
        data.sampler = ResumableSampler(
            BatchOrder(self._pixels(prepared, Split.TRAIN, module), 1, self._parameters.seed)
        )
        return data

    def _fit(self, net: Any) -> Classes:
        """Fits a network's outputs to the types on the pages.

        kraken would do so too, but it adds types in an order that changes from process to process, and does not move
        the pages' own numbers along.
        """
        classes = fitted_classes(net.user_metadata["class_mapping"], self._wanted, self._parameters.resize)
        if classes.count != net.output[1] or classes.removed:
            net.resize_output(classes.count, list(classes.removed))
        net.user_metadata["class_mapping"] = classes.mapping
        return classes

    def _pixels(self, prepared: Layout, split: Split, module: Any) -> list[int]:
        """Returns the pixels of each page of a split as the network sees it."""
        seen = NetworkInput(module.height, module.width, module.channels)
        return [seen.scaled_pixels(*sheet.size) for sheet in prepared.sheets[split]]

    def cost(self, prepared: Layout, data: PageData, module: Any) -> Cost:
        """Returns the cost model of this training, still without measurements."""
        tested = Split.TEST if prepared.holds(Split.TEST) else Split.VALIDATION
        return Cost(
            order=data.sampler.order,
            height=1,
            validation_pixels=sum(self._pixels(prepared, Split.VALIDATION, module)),
            test_pixels=sum(self._pixels(prepared, tested, module)),
        )

    def batch_size(self, batch: Any) -> tuple[int, int]:
        """Returns the pages of a batch and its pixels."""
        pages, _, height, width = batch["image"].shape
        return pages, pages * height * width

    # Results ---------------------------------------------------------------------------------------------------

    def settle(self, net: Any) -> None:
        """Leaves all as it is: with pages, keeping memory costs twice the memory and saves nothing."""

    def seal(self, net: Any) -> None:
        """Says which types count as which, and drops what a base model said of its own training."""
        net.user_metadata["_full_class_mapping"] = self._classes_of(net).with_aliases(self._wanted)
        net.user_metadata.pop("bounding_regions", None)
        net.user_metadata.pop("hyper_params", None)
        net.one_channel_mode = "L" if net.input[1] == 1 else None

    @staticmethod
    def _classes_of(net: Any) -> Classes:
        mapping = net.user_metadata["class_mapping"]
        return Classes(mapping["baselines"], mapping["regions"])

    def test(self, model: Path, prepared: Layout, split: Split) -> SegmentationMetrics:
        """Measures a model file on the pages of one split.

        Raises:
            EngineFault: There is no such page, or the model knows nothing of what is on them.
        """
        if not prepared.holds(split):
            raise EngineFault(Reason.BAD_DATA, f"There is no {split.value} page.", "Add one.")
        with self._tester().init_module(empty_init=False):
            module = BLLASegmentationModel.load_from_weights(model, config=self._config())
        if self._session.spec.task is Task.EVALUATE:  # what was just trained is kept, however little the test says
            known = module.net.user_metadata
            require_common(known.get("_full_class_mapping") or known["class_mapping"], prepared.pages(split))
        return self._measured(module, prepared.samples(split), split)

    def baseline(self, prepared: Layout) -> SegmentationMetrics:
        """Measures the base model on the validation pages, fitted to their types as the training begins with it.

        A type that it does not know yet counts against it, as it does against the first epochs.
        """
        _, module = self.given_model()
        self.data(prepared, module)
        module._full_class_mapping = module.net.user_metadata["class_mapping"]  # it remembers those before the fitting
        return self._measured(module, prepared.samples(Split.VALIDATION, self._wanted), Split.VALIDATION)

    def _measured(self, module: Any, samples: list[dict[str, Any]], split: Split) -> SegmentationMetrics:
        classes = self._classes_of(module.net)
        data = PageData(self._data_config(classes, test_data=samples))
        data.set_up_loaders(self._session.spec.limits, self._parameters.seed)
        self._tester().test(module, data)
        return metrics_of(module.pages, classes, split)

    def _tester(self) -> Any:
        return build_trainer(self._session, [PauseBetweenBatches(self._session)])

    # kraken's configurations -----------------------------------------------------------------------------------

    def _config(self) -> Any:
        """Returns kraken's training configuration; stopping early is our own affair."""
        names = (
            "spec epochs optimizer lrate momentum weight_decay schedule warmup gamma step_size cos_t_max cos_min_lr "
            "rop_factor rop_patience precision bl_tol dice_weight"
        )
        wanted = {name: getattr(self._parameters, name) for name in names.split()}
        if self._session.spec.starts_from_a_model:
            wanted["spec"] = SEGTRAIN_SPEC  # the model has its own; kraken parses this one all the same
        return BLLASegmentationTrainingConfig(**wanted, quit="fixed", min_epochs=0, resize="fail")

    def _data_config(self, classes: Classes, **pages: Any) -> Any:
        """Returns kraken's data configuration."""
        return BLLASegmentationTrainingDataConfig(
            **pages,
            format_type=None,
            num_workers=0,
            line_width=self._parameters.line_width,
            line_class_mapping=dict(classes.lines),
            region_class_mapping=dict(classes.regions),
            topline=TOPLINE[self._parameters.line_offset],
        )
