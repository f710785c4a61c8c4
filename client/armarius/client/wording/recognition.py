"""The words of text recognition."""

from collections.abc import Mapping

from armarius.client.wording.base import Tile
from armarius.client.words import between, count, exactly, percent, rate
from armarius.functions.contracts import Metrics, Progress


class RecognitionWording:
    """Of models that read lines."""

    name = "recognition"
    verb = "train"
    accuracy = "accuracy"
    accuracy_axis = "characters read right (%)"
    loss_axis = "mean CTC loss per line"
    columns: tuple[tuple[str, str], ...] = (("Characters", "accuracy"), ("Words", "word_accuracy"))
    glossary = (
        "CER is the number of letters to insert, delete or replace, divided by the letters of the ground truth; "
        "WER the same for words."
    )
    less_memory = "train with a smaller --batch-size"
    section = "confusions.html.j2"
    keywords: tuple[str, ...] = ("kraken", "handwritten text recognition")
    limits = (
        "It reads lines: the page must be segmented first, and a line that the segmentation misses is not read. "
        "It can write only characters that its training data held."
    )

    def speed(self, line: Progress) -> str:
        """Says how many lines it trains on."""
        return f"{line.lines_per_second:.1f} lines/s" if line.lines_per_second else ""

    def reached(self, accuracy: float) -> str:
        """Says what share of the characters was read."""
        return f"read {percent(accuracy)} of the characters"

    def measured_on(self, metrics: Metrics) -> str:
        """Says on how many lines a model was measured."""
        return count(metrics.lines, "line")

    def good_at(self, metrics: Metrics, what: str) -> str:
        """Says how well it reads some lines."""
        if metrics.cer > 1:
            return f"makes more errors than there are characters (CER {percent(metrics.cer)})"
        span = f", {between(metrics.cer_range)}" if metrics.cer_range else ""
        return f"reads {percent(1 - metrics.cer)} of the characters of {what} (CER {percent(metrics.cer)}{span})"

    def briefly(self, metrics: Metrics) -> str:
        """Gives the error rates and what they rest on."""
        rates = f"CER {rate(metrics.cer, metrics.cer_range)}, WER {rate(metrics.wer, metrics.wer_range)}"
        ranges = "\nthe ranges hold 95 % of resamples of these lines" if metrics.cer_range else ""
        return (
            f"{rates} on {metrics.lines} {metrics.split} lines "
            f"({metrics.errors} errors in {metrics.characters} characters){ranges}"
        )

    def lead(self, metrics: Metrics) -> str:
        """Says what share of the characters is read right."""
        lines, rates = self.measured_on(metrics), f"(CER {percent(metrics.cer)}, WER {percent(metrics.wer)})"
        if metrics.cer > 1:
            return f"Makes more errors than there are characters in {lines} {rates}."
        return f"Reads **{percent(1 - metrics.cer)}** of the characters of {lines} right {rates}."

    def trust(self, metrics: Metrics) -> str:
        """Says what the ranges of the error rates mean."""
        if not metrics.cer_range:
            return ""
        return (
            "The ranges hold 95 % of resamples of the measured lines (percentile bootstrap over lines, after Bisani "
            "and Ney 2004): so much hangs on which lines these were. Other pages and hands may lie outside of them."
        )

    def against(self, accuracy: float, base: Metrics) -> str:
        """Compares character error rates."""
        return f"CER {exactly(1 - accuracy)} against {exactly(base.cer)} on {count(base.lines, 'validation line')}"

    def before(self, base: Metrics) -> Tile:
        """Returns the share that the base model reads right."""
        return Tile("Its base model", percent(1 - base.cer), f"CER {rate(base.cer, base.cer_range)} in validation")

    def tiles(self, metrics: Metrics) -> tuple[Tile, ...]:
        """Returns the shares read right."""
        return (
            Tile("Characters read right", percent(1 - metrics.cer), f"CER {rate(metrics.cer, metrics.cer_range)}"),
            Tile("Words read right", percent(1 - metrics.wer), f"WER {rate(metrics.wer, metrics.wer_range)}"),
            Tile(
                "Measured on", self.measured_on(metrics), f"{metrics.split}, {count(metrics.characters, 'character')}"
            ),
        )

    def rows(self, metrics: Metrics) -> tuple[tuple[str, str], ...]:
        """Returns the rates, what they were measured on, and the errors."""
        return (
            ("Characters read right", percent(1 - metrics.cer)),
            ("Character error rate (CER)", rate(metrics.cer, metrics.cer_range)),
            ("Word error rate (WER)", rate(metrics.wer, metrics.wer_range)),
            (
                "Measured on",
                f"{self.measured_on(metrics)}, {count(metrics.characters, 'character')} ({metrics.split})",
            ),
            ("Errors", str(metrics.errors)),
        )

    def figures(self, metrics: Metrics) -> Mapping[str, float]:
        """Returns the error rates, as other cards give them."""
        return {"cer": round(100 * metrics.cer, 2), "wer": round(100 * metrics.wer, 2)}
