"""Runs in the environment of any kraken from 5 to 7: loads a model and reads, and prints what came of it.

``python read_lines.py MODEL PAGE.xml IMAGE…``: each IMAGE is one line, read by the network alone; the page is read as
a person would let it be read. Prints one JSON object.
"""

import importlib.metadata
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import torch
from PIL import Image

VERSION = importlib.metadata.version("kraken")


def main(model: str, page: str, images: list[str]) -> None:
    reader = _Now if VERSION.startswith("7.") else _Older
    found: dict[str, Any] = {"kraken": VERSION, "torch": torch.__version__}
    try:
        net = reader(model)
        found["lines"] = [net.line(Image.open(path)) for path in images]
        found["page"] = net.page(Path(page))
    except Exception as error:
        found["error"] = f"{type(error).__name__}: {error}"
        traceback.print_exc()
    sys.stdout.write(json.dumps(found))


def _outcome(probabilities: torch.Tensor, text: str) -> dict[str, Any]:
    return {"text": text, "probabilities": probabilities.tolist()}


class _Now:
    """kraken 7."""

    def __init__(self, model: str) -> None:
        from kraken.models import load_models

        self._model = model
        (self._net,) = load_models(model, tasks=["recognition"])
        self._net.eval()

    def line(self, image: Image.Image) -> dict[str, Any]:
        from kraken.configs import RecognitionInferenceConfig

        with torch.no_grad():
            output, _ = self._net(_scaled(image, self._net.input).unsqueeze(0), None)
        probabilities = output.squeeze(2).softmax(1)
        (labels,) = RecognitionInferenceConfig().decoder(probabilities, torch.tensor([probabilities.shape[2]]))
        return _outcome(probabilities[0], "".join(each[0] for each in self._net.codec.decode(labels)))

    def page(self, path: Path) -> list[str]:
        from kraken.configs import RecognitionInferenceConfig
        from kraken.tasks import RecognitionTaskModel

        image, lines = _segmented(path)
        config = RecognitionInferenceConfig(accelerator="cpu", num_line_workers=0)
        return [line.prediction for line in RecognitionTaskModel.load_model(self._model).predict(image, lines, config)]


class _Older:
    """kraken 5 and 6."""

    def __init__(self, model: str) -> None:
        from kraken.lib.models import load_any

        self._recognizer = load_any(model)

    def line(self, image: Image.Image) -> dict[str, Any]:
        line = _scaled(image, self._recognizer.nn.input).unsqueeze(0)
        with torch.no_grad():
            output, _ = self._recognizer.forward(line)
            bare, _ = self._recognizer.nn.nn(line)
        sums = bare.squeeze().sum(0)
        outcome = _outcome(torch.from_numpy(output[0]), self._recognizer.predict_string(line)[0])
        return {**outcome, "bare_network_is_normalised": bool((sums - 1).abs().max() < 1e-4)}

    def page(self, path: Path) -> list[str]:
        from kraken.rpred import rpred

        return [line.prediction for line in rpred(self._recognizer, *_segmented(path))]


def _scaled(image: Image.Image, network_input: tuple[int, ...]) -> torch.Tensor:
    from kraken.lib.dataset import ImageInputTransforms

    batch, channels, height, width = network_input
    return ImageInputTransforms(batch, height, width, channels, (16, 0), valid_norm=False)(image)


def _segmented(path: Path) -> tuple[Image.Image, Any]:
    from kraken.lib.xml import XMLPage

    page = XMLPage(path)
    return Image.open(page.imagename), page.to_container()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
