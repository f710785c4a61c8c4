"""kraken's data module of whole pages, in an order of our own making."""

from collections.abc import Sequence
from typing import Any

from kraken.lib.dataset import BaselineSet
from kraken.lib.util import open_image
from kraken.train import BLLASegmentationDataModule
from torch.utils.data import default_collate

from armarius.functions.contracts import Reason
from armarius.functions.engine.loading import ResumableData
from armarius.functions.faults import blaming


class PageSet(BaselineSet):  # type: ignore[misc]
    """kraken's set of pages; it names a page that cannot be used, where kraken quietly takes another in its place.

    Attributes:
        names: What people call the pages, in order.
    """

    names: tuple[str, ...] = ()

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Returns a page as the network sees it, and what it shall find there.

        Raises:
            EngineFault: The page cannot be used.
        """
        advice = "Look at its lines and regions, export it again, or leave it out."
        with blaming(Reason.BAD_DATA, f"The page {self.names[index]!r} cannot be trained on", advice):
            image, target, baselines = self.transform(open_image(self.imgs[index]), self.targets[index])
        self._update_im_mode(image)
        return {"image": image, "target": target, "baselines": baselines}


class PageData(ResumableData, BLLASegmentationDataModule):  # type: ignore[misc]
    """Pages from their images: to scale them anew in each epoch costs little beside a step.

    A sample is ``{"doc": kraken's Segmentation, "name": what people call the page}``.
    """

    def train_dataloader(self) -> Any:
        """Returns the loader of the training pages."""
        return self.loader(self.train_set, self.sampler, _alone)

    def val_dataloader(self) -> Any:
        """Returns the loader of the validation pages."""
        return self._one_by_one(self.val_set)

    def test_dataloader(self) -> Any:
        """Returns the loader of the test pages."""
        return self._one_by_one(self.test_set)

    def _one_by_one(self, pages: Any) -> Any:
        return self.loader(pages, [[page] for page in range(len(pages))], _alone)

    def _build_dataset(self, data: Sequence[dict[str, Any]], **kwargs: Any) -> PageSet:
        """Makes a set of pages; kraken's own passes over pages that it does not understand."""
        pages = PageSet(line_width=self.hparams.data_config.line_width, **kwargs)
        for sample in data:
            pages.add(sample["doc"])
        pages.names = tuple(sample["name"] for sample in data)
        return pages


def _alone(batch: list[dict[str, Any]]) -> dict[str, Any]:
    """Makes a batch of one page; its baselines are no tensor."""
    (sample,) = batch
    tensors = {name: sample[name] for name in ("image", "target")}
    return {**default_collate([tensors]), "baselines": [sample["baselines"]]}
