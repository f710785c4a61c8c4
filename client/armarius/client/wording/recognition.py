"""The words of text recognition."""

from collections.abc import Mapping

from armarius.client.wording.base import Tile
from armarius.client.words import count, percent
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
        return f"reads {percent(1 - metrics.cer)} of the characters of {what} (CER {percent(metrics.cer)})"

    def briefly(self, metrics: Metrics) -> str:
        """Gives the error rates and what they rest on."""
        return (
            f"CER {percent(metrics.cer)}, WER {percent(metrics.wer)} on {metrics.lines} {metrics.split} lines "
            f"({metrics.errors} errors in {metrics.characters} characters)"
        )

    def lead(self, metrics: Metrics) -> str:
        """Says what share of the characters is read right."""
        lines, rates = self.measured_on(metrics), f"(CER {percent(metrics.cer)}, WER {percent(metrics.wer)})"
        if metrics.cer > 1:
            return f"Makes more errors than there are characters in {lines} {rates}."
        return f"Reads **{percent(1 - metrics.cer)}** of the characters of {lines} right {rates}."

    def tiles(self, metrics: Metrics) -> tuple[Tile, ...]:
        """Returns the shares read right."""
        return (
            Tile("Characters read right", percent(1 - metrics.cer), f"CER {percent(metrics.cer)}"),
            Tile("Words read right", percent(1 - metrics.wer), f"WER {percent(metrics.wer)}"),
            Tile(
                "Measured on", self.measured_on(metrics), f"{metrics.split}, {count(metrics.characters, 'character')}"
            ),
        )

    def rows(self, metrics: Metrics) -> tuple[tuple[str, str], ...]:
        """Returns the rates, what they were measured on, and the errors."""
        return (
            ("Characters read right", percent(1 - metrics.cer)),
            ("Character error rate (CER)", percent(metrics.cer)),
            ("Word error rate (WER)", percent(metrics.wer)),
            (
                "Measured on",
                f"{self.measured_on(metrics)}, {count(metrics.characters, 'character')} ({metrics.split})",
            ),
            ("Errors", str(metrics.errors)),
        )

    def figures(self, metrics: Metrics) -> Mapping[str, float]:
        """Returns the error rates, as other cards give them."""
        return {"cer": round(100 * metrics.cer, 2), "wer": round(100 * metrics.wer, 2)}
