"""Runs in kraken's environment: a page on which a model finds regions and no line, done for each task."""

import json
import sys

from kraken.containers import Region, Segmentation

from armarius.functions.contracts import PageParameters, Task
from armarius.functions.engine.pagework.loaded import Loaded
from armarius.functions.engine.pagework.page import do_page
from armarius.functions.site import Site

ZONE = Region(id="_1", boundary=[(1, 1), (90, 1), (90, 40), (1, 40)], tags={"type": [{"type": "MainZone"}]})


class Finds(Loaded):
    """Models that find what they are told."""

    regions: "dict[str, list[Region]]"

    def find_lines(self, image: object) -> Segmentation:
        return Segmentation(
            type="baselines", imagename="", text_direction="horizontal-lr", script_detection=False, lines=[],
            regions=self.regions, line_orders=[],
        )  # fmt: skip


def main(dataset: str) -> None:
    site = Site.from_environment()
    told = {}
    for name, task, regions in (
        ("segment", Task.SEGMENT, {"MainZone": [ZONE]}),
        ("transcribe", Task.TRANSCRIBE, {"MainZone": [ZONE]}),
        ("blank", Task.SEGMENT, {"MainZone": []}),
    ):
        loaded = Finds(PageParameters(), "horizontal-lr", {})
        loaded.regions = regions
        answer = do_page(site, site.manifest(dataset), 0, task, loaded)
        told[name] = {"fault": answer.fault, "regions": answer.regions, "text": answer.texts.get("alto", "")}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
