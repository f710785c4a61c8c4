"""What the words of a kind of model are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from armarius.functions.contracts import Progress

M = TypeVar("M", contravariant=True)


@dataclass(frozen=True)
class Tile:
    """A figure that stands out."""

    name: str
    value: str
    note: str = ""


class Wording(Protocol[M]):
    """The words of one kind of model; ``M`` are its metrics.

    Attributes:
        name: Of the kind, such as "recognition".
        verb: The command that trains it.
        accuracy: What chooses the best epoch, in few letters.
        accuracy_axis: The same beside an axis in per cent.
        loss_axis: The loss beside an axis.
        columns: Of the table of epochs: a heading, and the field of its figure.
        glossary: What the figures mean.
        less_memory: How a person can make it take less memory.
        section: Heading and template of the part of a report that is of this kind alone.
        keywords: Of a model card.
        limits: What a model of this kind cannot do, for a model card.
    """

    name: str
    verb: str
    accuracy: str
    accuracy_axis: str
    loss_axis: str
    columns: tuple[tuple[str, str], ...]
    glossary: str
    less_memory: str
    section: str
    keywords: tuple[str, ...]
    limits: str

    def speed(self, line: Progress) -> str:
        """Says how fast a training goes; empty where that is not known."""

    def reached(self, accuracy: float) -> str:
        """Says how good an epoch was: a verb in the past with its object."""

    def measured_on(self, metrics: M) -> str:
        """Says on how much a model was measured."""

    def good_at(self, metrics: M, what: str) -> str:
        """Says how good a model is at something: a verb in the present with its object."""

    def briefly(self, metrics: M) -> str:
        """Says it in a line or two, for a terminal."""

    def lead(self, metrics: M) -> str:
        """Says it in a sentence of Markdown, the most telling figure in bold."""

    def trust(self, metrics: M) -> str:
        """Says how far the figures can be trusted; empty where there is nothing to add."""

    def against(self, accuracy: float, base: M) -> str:
        """Compares what an epoch reached in validation with what its base model did there."""

    def before(self, base: M) -> Tile:
        """Returns what the base model did there."""

    def tiles(self, metrics: M) -> tuple[Tile, ...]:
        """Returns the figures that stand out."""

    def rows(self, metrics: M) -> tuple[tuple[str, str], ...]:
        """Returns all figures with their names, for a model card."""

    def figures(self, metrics: M) -> Mapping[str, float]:
        """Returns the figures in per cent, as model cards name them for machines."""
