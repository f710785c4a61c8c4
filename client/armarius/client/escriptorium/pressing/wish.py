"""What a task of eScriptorium asks to be done to its pages."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from armarius.client.escriptorium.record import Asked
from armarius.client.pages.parsed import Direction

Process = Literal["segment", "transcribe"]
"""What eScriptorium's pages call it."""

OF_PAGES = ("instance_pks", "instance_pk", "report_label")
"""Arguments that differ between the tasks of one button."""


@dataclass(frozen=True)
class Wish:
    """What is asked, the same for all pages that one button was pressed for.

    Attributes:
        process: Which button.
        user: Primary key of whoever pressed it.
        model: Primary key of the model; None for kraken's own segmentation.
        transcription: Primary key of the layer into which is written what is read.
        steps: Which part of a segmentation is wanted: "lines", "regions" or "both".
        override: Whether what is there goes before.
        direction: Of the text, if a segmentation says; what is read follows the script of its document.
    """

    process: Process
    user: int | None = None
    model: int | None = None
    transcription: int | None = None
    steps: str = ""
    override: bool = False
    direction: Direction | None = None

    @property
    def lines(self) -> bool:
        """Whether lines are wanted."""
        return self.steps in ("lines", "both")

    @property
    def regions(self) -> bool:
        """Whether regions are wanted."""
        return self.steps in ("regions", "both")


def wish_of(task: str, arguments: dict[str, Any]) -> Wish:
    """Reads what a task was called with.

    Args:
        task: Its name.
        arguments: By name.
    """
    process: Process = "segment" if task.endswith(".segment") else "transcribe"
    return Wish(
        process,
        arguments.get("user_pk"),
        arguments.get("model_pk"),
        arguments.get("transcription_pk"),
        str(arguments.get("steps") or ""),
        bool(arguments.get("override")),
        (arguments.get("text_direction") or None) if process == "segment" else None,
    )


def parts_of(arguments: dict[str, Any]) -> list[int]:
    """Returns the primary keys of a task's pages, each once; some generations of eScriptorium give a task only one."""
    given = arguments.get("instance_pks") or [arguments.get("instance_pk")]
    return list(dict.fromkeys(int(part) for part in given if part is not None))


def can_be_done(asked: Asked) -> bool:
    """Tells whether the pool can do what a task asks: masks alone are computed where the lines are."""
    if not parts_of(asked.arguments):
        return False
    wish = wish_of(asked.task, asked.arguments)
    return wish.process == "transcribe" or wish.lines or wish.regions


def alike(asked: Asked, document: int | None) -> str:
    """Returns what a task has in common with all that one job can do with it, as a digest.

    Args:
        asked: What was asked.
        document: Primary key of the document of its pages: its script says in which direction they are read.
    """
    common = {name: value for name, value in asked.arguments.items() if name not in OF_PAGES}
    told = json.dumps([asked.task, document, common], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
