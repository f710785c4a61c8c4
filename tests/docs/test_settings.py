"""What the documents tell people to set is what the programs read."""

import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client.config import GlobusSiteConfig, PoolConfig, read_config
from armarius.endpoint_config.shapes import SiteShape
from support.documents import DOCUMENTS, REPOSITORY, Block, blocks, name_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_VARIABLE = re.compile(r"\bARMARIUS_[A-Z_]*[A-Z]\b")
_OF_AN_IDENTITY = re.compile(r"ARMARIUS_[A-Z]+_(?:SIGNIN_)?CLIENT_(?:ID|SECRET)")
"""Made of a name that people choose."""


def files() -> Iterator[Any]:
    for document in DOCUMENTS:
        for block in blocks(document):
            if block.language == "toml":
                yield pytest.param(block, id=block.where)


@pytest.mark.parametrize("block", list(files()))
def test_files_are_understood(block: Block, tmp_path: Path) -> None:
    """Whole files by their own reader; of a part of a site's file, at least each word is known."""
    text = block.text.replace("6f1e…", "6f1e0000-0000-4000-8000-000000000000").replace("…", "")  # ids, cut for reading
    content = tomllib.loads(text)
    if content.keys() <= PoolConfig.model_fields.keys():
        (tmp_path / "pool.toml").write_text(text)
        read_config(tmp_path)
    elif "root" in content:
        (tmp_path / "sites").mkdir()
        (tmp_path / "sites" / "example.toml").write_text(text)
        assert [site.name for site in read_config(tmp_path).sites] == ["example"]
    elif content.keys() == {"shapes"}:
        for shape in content["shapes"]:
            SiteShape.model_validate(shape)
    else:
        assert content.keys() <= GlobusSiteConfig.model_fields.keys()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_variables_are_read_by_something(document: Path) -> None:
    named = set(_VARIABLE.findall(document.read_text(encoding="utf-8")))
    missing = {name for name in named if name not in known() and not _OF_AN_IDENTITY.fullmatch(name)}
    assert missing == set()


@functools.cache
def known() -> set[str]:
    """Returns all variables that the code and the tests name."""
    roots = ("functions", "client", "endpoint_config", "tests", "benchmarks")
    sources = [path for root in roots for path in (REPOSITORY / root).rglob("*.py")]
    return {name for path in sources for name in _VARIABLE.findall(path.read_text(encoding="utf-8"))}
