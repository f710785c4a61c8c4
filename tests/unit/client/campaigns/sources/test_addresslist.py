from pathlib import Path

import pytest

from armarius.client.campaigns.errors import BadSource
from armarius.client.campaigns.sources.addresslist import list_addresses, name_in


def test_one_address_a_line(tmp_path: Path) -> None:
    file = tmp_path / "letters.txt"
    file.write_text(
        "\ufeff# of the archive\nhttps://example.org/a%20b/p1.jpg\n\n  https://example.org/p2.jpg \n"
        "file:///etc/passwd\nhttps://example.org/p2.jpg\n",
        encoding="utf-8",
    )
    listing = list_addresses(file)
    assert [(page.name, page.address) for page in listing.pages[:2]] == [
        ("p1", "https://example.org/a%20b/p1.jpg"),
        ("p2", "https://example.org/p2.jpg"),
    ]
    assert "only http and https" in listing.pages[2].trouble
    assert listing.pages[2].address is None
    assert listing.notes == ("1 of its lines name what another line names, too",)
    assert listing.name == "letters"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/scans/f1r.tif?x=1", "f1r"),
        ("https://iiif.example.org/image/2/ark:%2F12148%2Ff9/full/full/0/default.jpg", "ark-12148-f9"),
        ("https://example.org/", "page"),
        ("https://example.org/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "passwd"),
    ],
)
def test_names(address: str, name: str) -> None:
    assert name_in(address) == name


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(BadSource, match="is no text"):
        list_addresses(file)
    file.write_text("hello\nworld\n")
    with pytest.raises(BadSource, match="holds no page that has an image"):
        list_addresses(file)
    file.write_text("# nothing\n")
    with pytest.raises(BadSource, match="holds no page"):
        list_addresses(file)
