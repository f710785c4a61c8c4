"""Runs in kraken's environment: segments a page with a model file as anybody would, and prints what was found."""

import json
import sys

from kraken.configs import SegmentationInferenceConfig
from kraken.models import load_models
from kraken.tasks import SegmentationTaskModel
from PIL import Image


def main(image: str, models: list[str]) -> None:
    told = []
    for path in models:
        (net,) = load_models(path, tasks=["segmentation"])
        config = SegmentationInferenceConfig(accelerator="cpu")
        found = SegmentationTaskModel.load_model(path).predict(Image.open(image), config)
        told.append(
            {
                "lines": [line.baseline for line in found.lines],
                "types": sorted({line.tags["type"][0]["type"] for line in found.lines}),
                "regions": {kind: len(regions) for kind, regions in found.regions.items()},
                "classes": net.user_metadata["class_mapping"],
                "all_classes": net.user_metadata["_full_class_mapping"],
                "topline": net.user_metadata["topline"],
                "metrics": net.user_metadata["metrics"],
                "armarius": net.user_metadata["armarius"],
            }
        )
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
