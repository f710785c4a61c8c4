"""Runs in kraken's environment: opens page files as kraken does, and does the pages with plain kraken, to compare."""

import json
import sys
from pathlib import Path
from typing import Any

from kraken.configs import RecognitionInferenceConfig, SegmentationInferenceConfig
from kraken.lib.util import open_image
from kraken.lib.xml import XMLPage
from kraken.tasks import RecognitionTaskModel, SegmentationTaskModel


def opened(file: str) -> dict[str, Any]:
    page = XMLPage(file)
    found = page.to_container()
    return {
        "image": Path(page.imagename).name,
        "size": list(page.image_size),
        "lines": [line.baseline for line in found.lines],
        "boundaries": [line.boundary for line in found.lines],
        "texts": [line.text for line in found.lines],
        "regions": sum(map(len, found.regions.values())),
    }


def plain(image: str, finder: Any, reader: Any) -> dict[str, Any]:
    im = open_image(image)
    found = finder.predict(im, SegmentationInferenceConfig(accelerator="cpu"))
    read = list(reader.predict(im, found, RecognitionInferenceConfig(accelerator="cpu", num_line_workers=0)))
    return {
        "lines": [line.baseline for line in found.lines],
        "boundaries": [line.boundary for line in found.lines],
        "texts": [line.prediction for line in read],
        "confidences": [each for line in read for each in line.confidences],
    }


def main(finder: str, reader: str, images: list[str], files: list[str]) -> None:
    models = SegmentationTaskModel.load_model(finder), RecognitionTaskModel.load_model(reader)
    told = {"plain": [plain(image, *models) for image in images], "opened": [opened(file) for file in files]}
    sys.stdout.write(json.dumps(told, default=int))


if __name__ == "__main__":
    images, files = sys.argv[3].split("\n"), sys.argv[4].split("\n")
    main(sys.argv[1], sys.argv[2], images, files)
