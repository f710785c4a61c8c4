"""Runs in kraken's environment: prints kraken's own defaults for a kind of training."""

import json
import sys

from kraken.configs import (
    BLLASegmentationTrainingConfig,
    BLLASegmentationTrainingDataConfig,
    VGSLRecognitionTrainingConfig,
    VGSLRecognitionTrainingDataConfig,
)

KINDS = {
    "recognition": (VGSLRecognitionTrainingConfig, VGSLRecognitionTrainingDataConfig),
    "segmentation": (BLLASegmentationTrainingConfig, BLLASegmentationTrainingDataConfig),
}


def main(kind: str) -> None:
    training, data = KINDS[kind]
    told = {**vars(data()), **vars(training())}
    plain = (str, int, float, bool, type(None))
    sys.stdout.write(json.dumps({name: value for name, value in told.items() if isinstance(value, plain)}))


if __name__ == "__main__":
    main(sys.argv[1])
