"""The words of segmentation."""

from collections.abc import Mapping

from armarius.client.wording.base import Tile
from armarius.client.words import count, exactly, percent
from armarius.functions.contracts import Progress, SegmentationMetrics

SLOW = 1.0
"""Pages per second below which they are told by the minute."""


class SegmentationWording:
    """Of models that find lines and regions."""

    name = "segmentation"
    verb = "segtrain"
    accuracy = "mean IU"
    accuracy_axis = "mean IU (%)"
    loss_axis = "mean loss per page"
    columns: tuple[tuple[str, str], ...] = (("Mean IU", "accuracy"), ("Baselines (F1)", "baseline_f1"))
    glossary = (
        "IU (intersection over union) is the area that is right, divided by the area that is right, missed or found "
        "too much; its mean is taken over the types of regions and the two ends of lines, as kraken takes it to choose "
        "the best epoch. F1 of baselines is the harmonic mean of the share of found lines that are right and the share "
        "of lines that are found."
    )
    less_memory = "train a network for smaller pages (the second number of --spec)"
    section = "classes.html.j2"
    keywords: tuple[str, ...] = ("kraken", "layout analysis", "segmentation")
    limits = (
        "It finds lines and regions, and reads nothing. It knows only the types that its training data held, and "
        "draws baselines where theirs ran."
    )

    def speed(self, line: Progress) -> str:
        """Says how many pages it trains on."""
        pages = line.pages_per_second
        if not pages:
            return ""
        return f"{60 * pages:.1f} pages/min" if pages < SLOW else f"{pages:.1f} pages/s"

    def reached(self, accuracy: float) -> str:
        """Gives the mean IU."""
        return f"had a mean IU of {percent(accuracy)}"

    def measured_on(self, metrics: SegmentationMetrics) -> str:
        """Says on how many pages a model was measured."""
        return count(metrics.pages, "page")

    def good_at(self, metrics: SegmentationMetrics, what: str) -> str:
        """Says how well it finds lines and regions."""
        lines = f"finds {percent(metrics.lines.recall)} of the lines of {what}" if metrics.lines else ""
        regions = f"to {percent(metrics.region_iu)}" if metrics.region_iu is not None else ""
        if lines and regions:
            return f"{lines}, and its regions agree with theirs {regions} (mean IU {percent(metrics.mean_iu)})"
        alone = f"agrees with the regions of {what} {regions}".rstrip()
        return f"{lines or alone} (mean IU {percent(metrics.mean_iu)})"

    def briefly(self, metrics: SegmentationMetrics) -> str:
        """Gives the mean IU, and how lines are found."""
        lines = f", baselines F1 {percent(metrics.lines.f1)}" if metrics.lines else ""
        return (
            f"mean IU {percent(metrics.mean_iu)}{lines}, pixels {percent(metrics.pixel_accuracy)} "
            f"on {count(metrics.pages, f'{metrics.split} page')}"
        )

    def lead(self, metrics: SegmentationMetrics) -> str:
        """Says what share of the lines is found, or else how well regions are."""
        pages, mean = self.measured_on(metrics), f"(mean IU {percent(metrics.mean_iu)})"
        if metrics.lines:
            right = f"{percent(metrics.lines.precision)} of what it finds is right"
            return f"Finds **{percent(metrics.lines.recall)}** of the lines of {pages}; {right} {mean}."
        return f"Its regions agree with those of {pages} to **{percent(metrics.region_iu)}** {mean}."

    def trust(self, metrics: SegmentationMetrics) -> str:
        """Has nothing to add: of pages there are too few for a range."""
        return ""

    def against(self, accuracy: float, base: SegmentationMetrics) -> str:
        """Compares mean IUs."""
        return f"mean IU {exactly(accuracy)} against {exactly(base.mean_iu)} on {count(base.pages, 'validation page')}"

    def before(self, base: SegmentationMetrics) -> Tile:
        """Returns the mean IU of the base model."""
        lines = f", {percent(base.lines.recall)} of lines found" if base.lines else ""
        return Tile("Its base model", percent(base.mean_iu), f"mean IU in validation{lines}")

    def tiles(self, metrics: SegmentationMetrics) -> tuple[Tile, ...]:
        """Returns lines, regions, and the mean that chose."""
        found = metrics.lines
        parts = (
            found
            and Tile("Lines found", percent(found.recall), f"{percent(found.precision)} of what it finds is right"),
            metrics.region_iu is not None
            and Tile("Agreement of regions", percent(metrics.region_iu), "IU of all types together"),
            Tile("Mean IU", percent(metrics.mean_iu), f"{percent(metrics.pixel_accuracy)} of pixels right"),
            Tile("Measured on", self.measured_on(metrics), metrics.split),
        )
        return tuple(tile for tile in parts if tile)

    def rows(self, metrics: SegmentationMetrics) -> tuple[tuple[str, str], ...]:
        """Returns the means, and the figures of each type."""
        found = [metrics.lines, *metrics.line_types] if metrics.lines else []
        return (
            ("Mean IU", percent(metrics.mean_iu)),
            ("IU weighted by area", percent(metrics.freq_iu)),
            ("Pixels right", percent(metrics.pixel_accuracy)),
            *((f"Lines ({each.name}): precision, recall, F1",
               f"{percent(each.precision)}, {percent(each.recall)}, {percent(each.f1)}") for each in found),
            *((f"Region {area.name}: IU", percent(area.iu)) for area in metrics.areas if not area.auxiliary),
            ("Measured on", f"{self.measured_on(metrics)} ({metrics.split})"),
        )  # fmt: skip

    def figures(self, metrics: SegmentationMetrics) -> Mapping[str, float]:
        """Returns the means."""
        lines = {"baseline_f1": metrics.lines.f1} if metrics.lines else {}
        shares = {"mean_iu": metrics.mean_iu, "freq_iu": metrics.freq_iu, "pixel_accuracy": metrics.pixel_accuracy}
        return {name: round(100 * share, 2) for name, share in (shares | lines).items()}
