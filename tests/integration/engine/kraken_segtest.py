"""Runs in kraken's environment: measures a segmentation on a page in PAGE XML with nothing but kraken.

(``ketos segtest`` of kraken 7.1.1 does the same and then fails to print its table, as it takes the number of a class
for its place.)
"""

import json
import sys

from kraken.configs import BLLASegmentationTestDataConfig, BLLASegmentationTrainingConfig
from kraken.train import BLLASegmentationDataModule, BLLASegmentationModel, KrakenTrainer


def main(model: str, page: str) -> None:
    data = BLLASegmentationDataModule(
        BLLASegmentationTestDataConfig(test_data=[page], format_type="page", num_workers=0)
    )
    module = BLLASegmentationModel.load_from_weights(model, config=BLLASegmentationTrainingConfig())
    trainer = KrakenTrainer(accelerator="cpu", devices=1, enable_progress_bar=False, enable_summary=False)
    found = trainer.test(module, data)
    told = {name: float(getattr(found, name)) for name in ("mean_iu", "region_iu", "bl_f1")}
    sys.stdout.write("\n" + json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
