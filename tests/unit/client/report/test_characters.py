import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from armarius.client.report.characters import glyphs, named, visible

ANY_TEXT = st.text(st.characters(exclude_categories=[]))


def test_a_letter_of_every_keyboard_needs_no_name():
    assert (glyphs("e"), named("e")) == ("e", "")


def test_a_rare_letter_is_shown_and_named():
    assert (glyphs("ſ"), named("ſ")) == ("ſ", "latin small letter long s (U+017F)")


def test_a_lone_combining_mark_stands_on_a_dotted_circle():
    assert (glyphs("\u0303"), named("\u0303")) == ("◌\u0303", "combining tilde (U+0303)")


def test_a_mark_on_its_letter_is_shown_as_written():
    assert (glyphs("n\u0303"), named("n\u0303")) == ("n\u0303", "n, combining tilde (U+0303)")


def test_what_cannot_be_seen_has_only_a_name():
    assert (glyphs("\u202e"), named("\u202e")) == ("", "right-to-left override (U+202E)")
    assert (glyphs(" "), named(" ")) == ("", "space")
    assert named("\xa0") == "no-break space (U+00A0)"
    assert named("\x07") == "control character (U+0007)"
    assert (glyphs("\ue001"), named("\ue001")) == ("", "private use character (U+E001)")
    assert named("\udc80") == "half a surrogate pair (U+DC80)"
    assert named("\u0378") == "unnamed character (U+0378)"


def test_what_reorders_or_breaks_a_page_is_replaced_by_its_code_point():
    assert visible("a\u202egnp.exe") == "a[U+202E]gnp.exe"
    assert visible("\x00\x1b\udcff\u2028") == "[U+0000][U+001B][U+DCFF][U+2028]"


def test_scripts_that_need_joiners_and_marks_are_left_alone():
    persian, line = "می\u200cخواهم", "two\nlines"
    assert visible(persian) == persian
    assert visible(line) == line


@given(ANY_TEXT)
def test_whatever_the_text_it_can_be_written_and_reorders_nothing(text):
    shown = visible(text)
    shown.encode()
    assert not {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI"} & {unicodedata.bidirectional(each) for each in shown}


@given(ANY_TEXT)
def test_every_text_that_is_not_empty_shows_something(text):
    said = glyphs(text) + named(text)
    assert bool(said) == bool(text)
    said.encode()
