from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import Line, Manifest, Page, PageImage, Split
from armarius.functions.engine.places import NOWHERE, Place, places, transcribed

LINES = [Place("p", str(number), text) for number, text in enumerate(["and", "so", "and", "it", "is"])]


def test_with_nothing_left_out_every_line_is_found() -> None:
    assert places([line.text for line in LINES], LINES) == LINES


def test_a_line_left_out_leaves_only_its_equal_uncertain() -> None:
    assert places(["and", "it", "is"], LINES) == [NOWHERE, *LINES[3:]]


def test_texts_that_are_not_of_the_dataset_are_nowhere() -> None:
    assert places(["other", "so"], LINES)[0] == NOWHERE


@given(st.lists(st.sampled_from("abc"), max_size=12), st.data())
def test_what_is_named_is_right(texts: list[str], data: st.DataObject) -> None:
    lines = [Place("p", str(number), text) for number, text in enumerate(texts)]
    kept = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    compiled = [line for line, stays in zip(lines, kept, strict=True) if stays]
    for place, found in zip(compiled, places([line.text for line in compiled], lines), strict=True):
        assert found in (place, NOWHERE)


def test_lines_without_text_and_those_of_other_splits_are_not_counted() -> None:
    baseline = ((0, 5), (9, 5))
    lines = tuple(Line(id=f"l{number}", baseline=baseline, text=text) for number, text in enumerate(["a", " ", "b"]))
    images = [PageImage(sha256=f"{each}" * 64, size=1, width=10, height=10, format="PNG") for each in range(2)]
    pages = tuple(
        Page(name=split.value, image=image, split=split, lines=lines)
        for split, image in zip((Split.TRAIN, Split.TEST), images, strict=True)
    )
    found = transcribed(Manifest(pages=pages), Split.TEST)
    assert found == [Place("test", "l0", "a"), Place("test", "l2", "b")]
