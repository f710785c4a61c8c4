"""What the project's documents say: their blocks of code, what stands between backticks, headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [
        *REPOSITORY.glob("docs/*.md"),
        *(REPOSITORY / name for name in ("README.md", "CHANGELOG.md", "benchmarks/README.md")),
        *REPOSITORY.glob("tests/*/README.md"),
    ]
)

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*).*\n(?P<text>(?:.*\n)*?)(?P=indent)```", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        where: The document and the line in which it begins, for messages.
        language: As it is marked; empty if it is not.
        text: What it holds.
    """

    where: str
    language: str
    text: str


def name_of(document: Path) -> str:
    return document.relative_to(REPOSITORY).as_posix()


def blocks(document: Path) -> Iterator[Block]:
    """Yields the blocks of code of a document."""
    text = document.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent = len(found["indent"])
        lines = [line[indent:] for line in found["text"].splitlines()]
        line = text.count("\n", 0, found.start()) + 1
        yield Block(f"{name_of(document)}:{line}", found["language"], "\n".join(lines) + "\n")


def prose(document: Path) -> str:
    """Returns a document without its blocks of code."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def spans(document: Path) -> list[str]:
    """Returns what stands between backticks, as a reader sees it."""
    return [span.replace("\\|", "|") for span in _CODE.findall(prose(document))]


def links(document: Path) -> list[str]:
    """Returns where its links lead."""
    return _LINK.findall(prose(document))


def anchors(document: Path) -> set[str]:
    """Returns what a link may name in it: its headings, as forges and the site write them."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(document)):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower())
        found.add(words.replace(" ", "-"))
    return found
