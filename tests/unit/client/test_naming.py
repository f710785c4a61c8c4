from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.naming import best_model, epoch_model, page_file, page_names
from armarius.functions.contracts import Manifest, Page, PageImage, Split
from support.jobs import epoch_model as of_epoch
from support.jobs import fine_tuned, request, train_report


@pytest.mark.parametrize(
    ("report", "name"),
    [
        (train_report(), "poilus.safetensors"),
        (fine_tuned(improved=True), "poilus.safetensors"),
        (fine_tuned(improved=False), "poilus-not-better.safetensors"),
    ],
)
def test_a_model_that_is_no_better_does_not_bear_the_name_that_was_asked_for(report, name):
    assert best_model(request(), report, report.models[0]) == Path("results") / name


def test_epochs_are_sorted_by_their_names():
    names = [epoch_model(request(), of_epoch(number)).name for number in (9, 10, 100)]
    assert names == sorted(names)
    assert names[0] == "poilus-epoch-009.mlmodel"


def pages(*names: str) -> Manifest:
    """A manifest whose images are called so."""
    made = []
    for number, name in enumerate(names):
        image = PageImage(sha256=f"{number:064x}", size=1, name=name, width=1, height=1, format="PNG")
        made.append(Page(name="page", image=image, split=Split.TEST, lines=()))
    return Manifest(pages=tuple(made))


def test_pages_are_called_as_their_images():
    assert page_names(pages("f12r.jpg", "f12v.tif", "archive 12.3.png")) == ("f12r", "f12v", "archive 12.3")
    assert page_file(request(), "f12r", "alto") == Path("results/pages/f12r.alto.xml")
    assert page_file(request(), "f12r", "text").name == "f12r.txt"


def test_no_page_replaces_another():
    assert page_names(pages("f1.jpg", "f1.png", "F1.tif", "f1-2.jpg")) == ("f1", "f1-2", "F1-3", "f1-2-2")


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("/home/somebody/scans/f1.png", "f1"),
        ("C:\\scans\\f1.png", "f1"),
        ("../../etc/passwd", "passwd"),
        ("..", "page"),
        ("", "page"),
        ('a:b*c?"<d>|e.png', "a-b-c-d-e"),
        (".hidden.png", "hidden"),
        ("\x00x\n.png", "x"),
    ],
)
def test_a_name_never_leads_elsewhere(name: str, called: str):
    assert page_names(pages(name)) == (called,)


@given(st.lists(st.text(max_size=300), min_size=1, max_size=8))
def test_whatever_images_are_called_each_page_has_a_file_of_its_own(names: list[str]):
    found = page_names(pages(*names))
    assert len({name.casefold() for name in found}) == len(names)
    for name in found:
        path = page_file(request(), name, "alto")
        assert path.parent == Path("results/pages")
        assert len(path.name.encode()) <= 255
