"""Links between the documents lead to something, as a reader of a checkout or of a forge follows them."""

from pathlib import Path

import pytest

from support.documents import DOCUMENTS, anchors, links, name_of


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    broken = []
    for link in links(document):
        file, _, anchor = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        if file.startswith(("https:", "http:")):
            continue
        made_here = anchor.startswith("armarius.")  # the reference, which the site makes of docstrings
        if not target.exists() or (anchor and not made_here and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []
