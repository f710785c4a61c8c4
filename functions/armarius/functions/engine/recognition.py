"""Text recognition: networks that read lines (kraken's VGSL)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from kraken.configs import VGSLRecognitionTrainingConfig, VGSLRecognitionTrainingDataConfig

from armarius.functions.contracts import KETOS_SPEC, Metrics, Reason, RecognitionParameters, Split
from armarius.functions.engine.allocator import keep_memory
from armarius.functions.engine.compiled import Compiled, compile_dataset
from armarius.functions.engine.cost import Cost, NetworkInput
from armarius.functions.engine.data import LineData
from armarius.functions.engine.evaluation import BaseValidation, LineTest, metrics_of
from armarius.functions.engine.kind import Tell
from armarius.functions.engine.models import named_model, require_lines
from armarius.functions.engine.networks import begin, load, on_paper
from armarius.functions.engine.order import BatchOrder, ResumableSampler
from armarius.functions.engine.places import Place, places, transcribed
from armarius.functions.engine.reader import LineReader
from armarius.functions.engine.recurrent import at_once
from armarius.functions.engine.session import Session
from armarius.functions.engine.trainer import build_trainer
from armarius.functions.errors import EngineFault


class Recognition:
    """The kind "recognition".

    Args:
        session: The run.
        parameters: How to train.
    """

    figures: Mapping[str, str] = {"val_accuracy": "accuracy", "val_word_accuracy": "word_accuracy"}
    speed = "lines_per_second"
    learns = "reads"
    measure = "accuracy"

    def __init__(self, session: Session, parameters: RecognitionParameters) -> None:
        self._session = session
        self._parameters = parameters

    def check(self) -> None:
        """Builds the network once without its weights, for kraken's parser says what is wrong in many ways.

        Raises:
            EngineFault: It is no network that reads lines.
        """
        if self._session.spec.model is not None:
            return
        network = self._parameters.spec
        net = on_paper(LineReader, self._config(), "recognition", network, "O1c2")
        if net.output[2] != 1:
            raise EngineFault(
                Reason.BAD_PARAMETERS,
                f"The network {network} does not bring a line down to a height of 1 but of {net.output[2]}.",
                "Put a reshape such as S1(1x0)1,3 before its recurrent layers.",
            )

    def module(self, checkpoint: dict[str, Any] | None) -> Any:
        """Returns the module: of a checkpoint, of the base model, or new."""
        return begin(LineReader, self._config(), self._session, lambda: self.given_model()[1], checkpoint)

    def given_model(self) -> tuple[Path, Any]:
        """Returns the path of the model that was given, and its module.

        Raises:
            EngineFault: It cannot be used.
        """
        model = self._session.spec.model
        if model is None:
            raise EngineFault(Reason.BAD_MODEL, "No model was given.", "Name one.")
        path = named_model(self._session.site, self._session.run, model)
        return path, load(LineReader, self._config(), "recognition", self._session, path)

    def prepare(self, tell: Tell, tested: Any = None) -> Compiled:
        """Cuts the lines out of their pages; for a test, as the model expects them."""
        legacy = tested is not None and self._legacy_polygons(tested)
        site, dataset = self._session.site, self._session.spec.dataset
        return compile_dataset(site, dataset, lambda done, every: tell(done, every, "lines cut out"), legacy)

    def _legacy_polygons(self, module: Any) -> bool:
        """Tells how the lines that a model is tested on must be cut out: as those that it was trained on.

        Raises:
            EngineFault: It was trained on boxes, not on lines with a baseline, which is all that datasets hold.
        """
        require_lines(module.net.seg_type)
        return bool(module.net.use_legacy_polygons)

    def data(self, prepared: Compiled, module: Any) -> LineData:
        """Returns the lines to train and validate with."""
        for split, purpose in ((Split.TRAIN, "train on"), (Split.VALIDATION, "validate with")):
            if not prepared.holds(split):
                raise EngineFault(
                    Reason.BAD_DATA,
                    f"There is no line to {purpose}: no {split.value} page has a transcribed line that can be cut out.",
                    "Transcribe more, or move a page to that part.",
                )
        data = LineData(
            self._data_config(
                training_data=[str(prepared.file(Split.TRAIN))],
                evaluation_data=[str(prepared.file(Split.VALIDATION))],
                augment=self._parameters.augment,
            )
        )
        data.set_up_loaders(self._session.spec.limits, self._parameters.seed)
        data.sampler = ResumableSampler(self._order(prepared, data.train_set.dataset, module))
        return data

    def _order(self, prepared: Compiled, lines: Any, module: Any) -> BatchOrder:
        """Returns the batches to train on, from the widths of the lines as the network will see them."""
        seen = self._input(module)
        sizes = prepared.sizes(Split.TRAIN)
        widths = [seen.scaled_width(*sizes[int(line)]) for line in lines._indices]
        return BatchOrder(widths, self._parameters.lines_per_step or 1, self._parameters.seed)

    def _input(self, module: Any) -> NetworkInput:
        return NetworkInput(module.height, module.width, module.channels, self._parameters.padding)

    def cost(self, prepared: Compiled, data: LineData, module: Any) -> Cost:
        """Returns the cost model of this training, still without measurements."""
        seen = self._input(module)
        height = max(1, seen.line_height)

        def pixels(split: Split) -> int:
            return sum(seen.scaled_width(*size) for size in prepared.sizes(split)) * height

        return Cost(
            order=data.sampler.order,
            height=height,
            validation_pixels=pixels(Split.VALIDATION),
            test_pixels=pixels(Split.TEST) or pixels(Split.VALIDATION),
        )

    def batch_size(self, batch: dict[str, Any]) -> tuple[int, int]:
        """Returns the lines of a batch and its padded pixels."""
        lines, _, height, width = batch["image"].shape
        return int(lines), int(lines * height * width)

    def settle(self, net: Any) -> None:
        """On a CPU, keeps memory between steps, and lays weights with their channels together.

        A step then takes a quarter to two fifths less time, the more lines it has (``benchmarks/steps.py``).
        """
        if not self._session.spec.limits.gpus:
            keep_memory()
            net.to(memory_format=torch.channels_last)
            at_once(net)

    def seal(self, net: Any) -> None:
        """Lays the weights as files have them, and writes the codec as a mapping.

        kraken leaves a JSON text there, which its loader takes for a list of letters.
        """
        net.to(memory_format=torch.contiguous_format)
        net.user_metadata["codec"] = net.codec.c2l

    def test(self, model: Path, prepared: Compiled, split: Split) -> Metrics:
        """Reads the lines of one split with a model file, as ``ketos test`` does.

        Raises:
            EngineFault: There is no such line.
        """
        if not prepared.holds(split):
            raise EngineFault(Reason.BAD_DATA, f"There is no transcribed line in the {split.value} pages.", "Add some.")
        test = LineTest(self._session)
        trainer = build_trainer(self._session, [test])
        with trainer.init_module(empty_init=False):
            module = LineReader.load_from_weights(model, config=self._config())
        data = LineData(self._data_config(test_data=[str(prepared.file(split))]))
        data.set_up_loaders(self._session.spec.limits, self._parameters.seed)
        counted = trainer.test(module, data)
        found = self._places(prepared, split, data)
        return metrics_of(counted, split, test.readings(), found, self._parameters.bidi_reordering)

    def baseline(self, prepared: Compiled) -> Metrics | None:
        """Reads the validation lines with the base model, as they are read after every epoch.

        They are cut out as the new model will expect them, even where the base model was trained on others.

        Returns:
            What it came to; None with a model that does not say which characters it knows.
        """
        _, module = self.given_model()
        if module.net.codec is None:
            return None
        validation = BaseValidation(self._session)
        trainer = build_trainer(self._session, [validation])
        trainer.validate(module, self.data(prepared, module), verbose=False)
        return validation.metrics()

    def _places(self, prepared: Compiled, split: Split, data: LineData) -> list[Place]:
        """Tells where the lines of a test stand, in their order."""
        lines = data.test_set.dataset
        texts = lines.arrow_table.column("lines").combine_chunks().field("text").to_pylist()
        found = places(texts, transcribed(self._session.site.manifest(prepared.dataset), split))
        return [found[int(line)] for line in lines._indices]

    def _config(self) -> Any:
        """Returns kraken's training configuration; stopping early is our own affair."""
        names = (
            "spec batch_size epochs optimizer lrate momentum weight_decay schedule warmup gamma step_size "
            "cos_t_max cos_min_lr rop_factor rop_patience resize precision"
        )
        wanted = {name: getattr(self._parameters, name) for name in names.split()}
        if self._session.spec.model is not None:
            wanted["spec"] = KETOS_SPEC  # the model has its own; kraken parses this one all the same
        return VGSLRecognitionTrainingConfig(**wanted, quit="fixed", min_epochs=0)

    def _data_config(self, **files: Any) -> Any:
        """Returns kraken's data configuration."""
        names = "normalization normalize_whitespace bidi_reordering padding batch_size"
        wanted = {name: getattr(self._parameters, name) for name in names.split()}
        return VGSLRecognitionTrainingDataConfig(**wanted, **files, format_type="binary", num_workers=0)
