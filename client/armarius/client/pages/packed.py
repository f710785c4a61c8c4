"""A packed dataset: its manifest, and where each image is on this machine."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from armarius.client.errors import listed, shown
from armarius.functions.contracts import BadInput, Manifest
from armarius.functions.files import write_bytes

MANIFEST = "manifest.json"
SOURCES = "sources.json"


@dataclass(frozen=True)
class Problem:
    """Something that a person should know about a file.

    Attributes:
        file: The transcription.
        what: What is wrong.
        severity: "page": the page is left out. "line": a line is. "note": nothing is.
    """

    file: Path
    what: str
    severity: Literal["page", "line", "note"]

    @property
    def said(self) -> str:
        """The same as a sentence."""
        return f"{shown(self.file)} {self.what}"


def reasons_of(problems: Iterable[Problem]) -> str:
    """Returns why pages were left out, one to a line."""
    return listed([each.said for each in problems if each.severity == "page"])


@dataclass(frozen=True)
class PackedDataset:
    """Pages ready to be sent.

    Attributes:
        manifest: What they are.
        sources: Where each image is, by its digest. Absolute paths.
        problems: What was left out, and why.
    """

    manifest: Manifest
    sources: Mapping[str, Path]
    problems: tuple[Problem, ...] = ()

    @property
    def id(self) -> str:
        """The dataset's name: the digest of its manifest."""
        return self.manifest.digest()

    def save(self, directory: Path) -> None:
        """Writes ``manifest.json`` and ``sources.json``, each in one step. The images stay where they are.

        Args:
            directory: Created if it is missing; a dataset that is there is replaced.
        """
        record = {
            "sources": {sha256: str(path) for sha256, path in self.sources.items()},
            "problems": [[str(each.file), each.what, each.severity] for each in self.problems],
        }
        write_bytes(directory / SOURCES, json.dumps(record, indent=1).encode())
        write_bytes(directory / MANIFEST, self.manifest.canonical_json())

    @classmethod
    def load(cls, directory: Path) -> "PackedDataset":
        """Reads what :meth:`save` wrote. Whether the images are still there is not checked.

        Raises:
            BadInput: There is no dataset, it is damaged, or images of it are not on record.
        """
        try:
            manifest = Manifest.model_validate_json((directory / MANIFEST).read_bytes())
            record = json.loads((directory / SOURCES).read_bytes())
            sources = {str(sha256): Path(path) for sha256, path in record["sources"].items()}
            problems = tuple(Problem(Path(file), what, kind) for file, what, kind in record["problems"])
        except OSError as error:
            raise BadInput(f"{shown(directory)} holds no packed dataset ({error.strerror}).", "Pack it.") from error
        except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"The packed dataset in {shown(directory)} is damaged.", "Pack it again.") from error
        if {image.sha256 for image in manifest.images()} - sources.keys():
            raise BadInput(f"{shown(directory / SOURCES)} lacks images of the dataset.", "Pack it again.")
        return cls(manifest, sources, problems)
