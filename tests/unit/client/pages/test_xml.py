import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.errors import NotXML, PageError, UnknownSchema, UnsafeXML
from armarius.client.pages import xml
from armarius.client.pages.xml import Schema, read_xml
from support.pages import alto, page_around

LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><alto>&c;</alto>'
)
EXTERNAL = '<!DOCTYPE alto [<!ENTITY x SYSTEM "file:///etc/passwd">]><alto>&x;</alto>'


def write(tmp_path: Path, content: str | bytes) -> Path:
    file = tmp_path / "p1.xml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.loc.gov/standards/alto/ns-v2#",
        "http://www.loc.gov/standards/alto/ns-v3#",
        "http://www.loc.gov/standards/alto/ns-v4#",
        "",
    ],
)
def test_knows_alto(tmp_path: Path, namespace: str) -> None:
    assert read_xml(write(tmp_path, alto(namespace=namespace)))[0] is Schema.ALTO


@pytest.mark.parametrize("year", ["2010-03-19", "2013-07-15", "2019-07-15", ""])
def test_knows_page(tmp_path: Path, year: str) -> None:
    assert read_xml(write(tmp_path, page_around("", year=year)))[0] is Schema.PAGE


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_reads_declared_encodings(tmp_path: Path, encoding: str) -> None:
    declaration = "" if encoding == "utf-8-sig" else f'<?xml version="1.0" encoding="{encoding}"?>'
    assert read_xml(write(tmp_path, (declaration + alto()).encode(encoding)))[0] is Schema.ALTO


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (alto()[:-20], NotXML, "ends too early"),
        (alto()[:300], NotXML, "ends too early"),
        ("", NotXML, "is empty"),
        ("  \n", NotXML, "is empty"),
        ("once upon a time", NotXML, "is not XML"),
        (b"\x89PNG\r\n\x1a\n\x00\x01", NotXML, "is not XML"),
        ('<?xml version="1.0" encoding="klingon"?><alto/>', NotXML, "encoding"),
        ("<!DOCTYPE html><html><body><p>Log in</body></html>", UnknownSchema, "HTML"),
        ("<html><body/></html>", UnknownSchema, "HTML"),
        ('<TEI xmlns="http://www.tei-c.org/ns/1.0"/>', UnknownSchema, "<TEI> of http://www.tei-c.org"),
        ('<alto xmlns="http://example.org/other"/>', UnknownSchema, "http://example.org/other"),
        (LAUGHS, UnsafeXML, "DOCTYPE"),
        (EXTERNAL, UnsafeXML, "DOCTYPE"),
        ('<!DOCTYPE alto SYSTEM "http://example.org/alto.dtd"><alto/>', UnsafeXML, "DOCTYPE"),
    ],
)
def test_refuses(tmp_path: Path, content: str | bytes, error: type[PageError], says: str) -> None:
    file = write(tmp_path, content)
    with pytest.raises(error) as caught:
        read_xml(file)
    assert str(file) in str(caught.value)
    assert says in str(caught.value)


def test_refuses_a_huge_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MOST_BYTES", 100)
    with pytest.raises(NotXML, match="larger than"):
        read_xml(write(tmp_path, alto()))


def test_names_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NotXML, match=r"gone\.xml cannot be read: No such file"):
        read_xml(tmp_path / "gone.xml")


@given(st.binary(max_size=200))
def test_raises_nothing_but_its_own_errors(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    with pytest.raises(PageError):
        read_xml(write(tmp_path_factory.mktemp("xml"), content))


@pytest.mark.parametrize("cut", range(0, len(alto()), 23))
def test_every_cut_is_noticed(tmp_path: Path, cut: int) -> None:
    with pytest.raises(NotXML):
        read_xml(write(tmp_path, alto()[:cut]))


def test_errors_can_be_pickled() -> None:
    error = UnknownSchema(Path("a b.xml"), "is strange.", "Stop.", "mets")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.file, again.root) == (str(error), error.file, "mets")
    plain = NotXML(Path("p.xml"), "is empty.")
    assert str(pickle.loads(pickle.dumps(plain))) == "p.xml is empty."
