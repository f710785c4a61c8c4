"""Python and TOML in the documents is such, and names what there is."""

import importlib.util
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from support.documents import DOCUMENTS, REPOSITORY, blocks, name_of, spans

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_DOTTED = re.compile(r"\barmarius(?:\.\w+)+")
_FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*/[\w.-]+\.(?:py|md|toml|j2)|(?:tests|benchmarks|docs)/[\w./-]*")
_WITHOUT_DJANGO = "armarius.client.escriptorium."
_NOT_HERE = ("sites/", "config/", "homepage/", "src/htr2hpc/")
"""Files of the reader, and of others."""

_SCRIPTS = [
    document
    for document in DOCUMENTS
    if document.is_relative_to(REPOSITORY / "docs") or document.parent == REPOSITORY
    if any(block.language == "python" for block in blocks(document))
]
"""Not the notes in tests/, which show fragments."""
_BEFORE = {"docs/escriptorium.md": "INSTALLED_APPS: list[str] = []\n"}
"""What a document's first block takes from elsewhere: here, from eScriptorium's own settings."""


def test_python_means_what_is_there(tmp_path: Path) -> None:
    """The blocks of a document are one script, as a reader tries them one after the other; mypy looks at each."""
    scripts = []
    for document in _SCRIPTS:
        script = tmp_path / f"{name_of(document).replace('/', '_').removesuffix('.md')}.py"
        text = "\n".join(block.text for block in blocks(document) if block.language == "python")
        script.write_text(_BEFORE.get(name_of(document), "") + text)
        compile(script.read_text(), str(script), "exec")
        scripts.append(str(script))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(REPOSITORY / "pyproject.toml"),
            "--allow-redefinition",
            *scripts,
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_toml_can_be_read(document: Path) -> None:
    for block in blocks(document):
        if block.language == "toml":
            tomllib.loads(block.text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_names_in_our_packages_exist(document: Path) -> None:
    said = [*spans(document), *(block.text for block in blocks(document))]
    missing = {name for text in said for name in _DOTTED.findall(text) if not _exists(name)}
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_that_are_named_exist(document: Path) -> None:
    """A path may leave out the folders before it, or the package: ``jobs/placing.py``."""
    ours = [f"/{path.relative_to(REPOSITORY).as_posix()}" for path in _files()]
    missing = set()
    for span in spans(document):
        if (named := _FILE.fullmatch(span)) and not span.startswith(_NOT_HERE):
            path = f"/{named[0].rstrip('/')}"
            if not any(one.endswith(path) or f"{path}/" in one for one in ours):
                missing.add(span)
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_tests_that_are_named_exist(document: Path) -> None:
    """A name may be cut: ``test_a_full_scratch…``."""
    sources = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("test_*.py")]
    named = {span.partition("…")[0] for span in spans(document) if re.fullmatch(r"test_\w+…?", span)}
    assert {name for name in named if not any(f"def {name}" in source for source in sources)} == set()


def _files() -> list[Path]:
    roots = ("functions", "client", "endpoint_config", "tests", "benchmarks", "docs")
    return [path for root in roots for path in (REPOSITORY / root).rglob("*") if "__pycache__" not in path.parts]


def _exists(name: str) -> bool:
    """Tells whether a module, or something in it, is called so. What needs a Django is only looked for."""
    module, _, attribute = name.rpartition(".")
    try:
        if importlib.util.find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    if module == "armarius":
        return False
    try:
        if name.startswith(_WITHOUT_DJANGO):
            return importlib.util.find_spec(module) is not None
        return hasattr(import_module(module), attribute)
    except ModuleNotFoundError:
        return False
