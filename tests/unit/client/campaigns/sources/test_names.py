import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.campaigns.sources.names import safe_name, stem_of


@given(st.text(max_size=600))
def test_a_name_is_always_safe(label: str) -> None:
    name = safe_name(label)
    assert name
    assert Path(name).name == name
    assert not set(name) & set("/\\:*?\"<>|'`$\0")
    assert name.isprintable()
    assert not name.startswith((".", "-"))
    assert len(name.encode()) <= 100
    assert safe_name(name) == name


@given(st.text(max_size=300), st.integers(1, 100_000))
def test_a_file_of_that_name_can_be_made(label: str, number: int) -> None:
    stem = stem_of(number, safe_name(label), 100_000)
    assert len(os.fsencode(f".{stem}.12345678.alto.xml")) <= 255


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("f. 1r", "f.-1r"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "page"),
        ("", "page"),
        ("  Été 1915 ", "Été-1915"),
        ("ספר א", "ספר-א"),
        ("a\u202egpj.exe", "a-gpj.exe"),
        ("C:\\temp", "C-temp"),
        ("$(rm -rf ~)", "(rm--rf-)"),
        ("line\nbreak\x00", "line-break"),
        ("é" * 200, "é" * 50),
    ],
)
def test_names(label: str, name: str) -> None:
    assert safe_name(label) == name


def test_files_sort_as_their_source() -> None:
    stems = [stem_of(number, "p", 12_345) for number in (2, 10, 12_345)]
    assert stems == sorted(stems) == ["00002-p", "00010-p", "12345-p"]
    assert stem_of(7, "p", 3) == "0007-p"
