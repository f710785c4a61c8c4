"""Runs a notebook from top to bottom, in a folder of its own, as a reader would.

python -m support.notebook NOTEBOOK [WRITE]
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

LONGEST = 540
"""Seconds for one cell, on a machine that has other things to do."""


def execute(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Runs it with the kernel of this Python; the first cell that fails ends it, with what the cell said.

    Args:
        path: The notebook, which is not changed.
        folder: Where it runs, and where it leaves its files. The journal is there, too.
    """
    notebook = nbformat.read(path, as_version=4)
    environment = {**os.environ, "ARMARIUS_HOME": str(folder / "home")}
    client = NotebookClient(
        notebook, timeout=LONGEST, coalesce_streams=True, resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # moments, which change each time
    return notebook


def main(path: Path, write: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(execute(path, Path(folder)), write)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[-1]))
