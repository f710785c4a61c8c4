import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import Line, Page, PageImage, Reason, Region, SegmentationParameters, Split
from armarius.functions.engine.classes import AUXILIARY, Classes, Wanted, fitted_classes, new_classes, require_common
from armarius.functions.errors import EngineFault

some_types = st.sets(st.sampled_from("abcdefg"), max_size=5)


def page(lines: str, regions: str) -> Page:
    image = PageImage(sha256="0" * 64, size=1, width=10, height=10, format="PNG")
    corners = ((0, 0), (9, 0), (9, 9))
    return Page(
        name="p",
        image=image,
        split=Split.TRAIN,
        lines=tuple(Line(id=str(n), baseline=((0, 0), (1, 0)), type=kind) for n, kind in enumerate(lines)),
        regions=tuple(Region(id=str(n), boundary=corners, type=kind) for n, kind in enumerate(regions)),
    )


def wanted(lines: str, regions: str, **how: object) -> Wanted:
    return Wanted.of([page(lines, regions)], SegmentationParameters.model_validate(how))


def test_types_are_numbered_by_the_alphabet_lines_first() -> None:
    classes = new_classes(wanted("bab", "dc"))
    assert classes.mapping == {"aux": AUXILIARY, "baselines": {"a": 2, "b": 3}, "regions": {"c": 4, "d": 5}}
    assert classes.count == 6


def test_a_line_and_a_region_of_one_name_are_two_things() -> None:
    classes = new_classes(wanted("a", "a"))
    assert (classes.lines, classes.regions) == ({"a": 2}, {"a": 3})


def test_what_is_suppressed_not_valid_or_merged() -> None:
    assert wanted("ab", "cd", suppress_regions=True).regions == {}
    assert wanted("ab", "cd", suppress_baselines=True).lines == {}
    assert wanted("ab", "cd", valid_baselines=["b"], valid_regions=[]) == Wanted({"b": "b"}, {})
    assert wanted("ab", "", merge_baselines={"a": "z"}).lines == {"a": "z", "b": "b"}


def test_a_type_that_counts_as_another_is_known_by_both_names_the_true_one_first() -> None:
    merged = wanted("ab", "c", merge_baselines={"a": "z"})
    classes = new_classes(merged)
    assert classes.lines == {"b": 2, "z": 3}
    assert list(classes.with_aliases(merged)["baselines"].items()) == [("b", 2), ("z", 3), ("a", 3)]


def test_nothing_to_learn_is_refused() -> None:
    with pytest.raises(EngineFault, match="nothing to learn") as fault:
        new_classes(wanted("ab", "c", valid_baselines=["x"], suppress_regions=True))
    assert fault.value.reason is Reason.BAD_DATA


NET = {"aux": dict(AUXILIARY), "baselines": {"default": 2}, "regions": {"text": 3, "stamp": 4}}


def test_union_keeps_what_the_model_knows_and_adds_the_rest() -> None:
    classes = fitted_classes(NET, Wanted({"default": "default", "new": "new"}, {"text": "text"}), "union")
    assert (classes.lines, classes.regions) == ({"default": 2, "new": 5}, {"text": 3, "stamp": 4})
    assert classes.removed == ()


def test_new_takes_away_what_is_not_wanted_and_what_stays_moves_up() -> None:
    classes = fitted_classes(NET, Wanted({"new": "new"}, {"stamp": "stamp"}), "new")
    assert (classes.lines, classes.regions, classes.removed) == ({"new": 3}, {"stamp": 2}, (2, 3))
    assert classes.count == 4


def test_fail_refuses_and_names_what_differs() -> None:
    with pytest.raises(EngineFault, match="regions: stamp") as fault:
        fitted_classes(NET, Wanted({"default": "default"}, {"text": "text"}), "fail")
    assert fault.value.reason is Reason.BAD_PARAMETERS
    fitted_classes(NET, Wanted({"default": "default"}, {"text": "text", "stamp": "stamp"}), "fail")


def test_a_model_is_not_measured_on_types_that_it_does_not_know() -> None:
    default = page("a", "").model_copy(update={"lines": (Line(id="l", baseline=((0, 0), (1, 0))),)})
    require_common(NET, [page("a", "c"), default])
    with pytest.raises(EngineFault, match="lines: a; regions: c") as fault:
        require_common(NET, [page("a", "c")])
    assert fault.value.reason is Reason.BAD_DATA


@given(some_types, some_types, some_types, some_types, st.sampled_from(["union", "new"]))
def test_a_fitted_network_has_each_output_once_and_fits_again_as_it_is(
    lines: set[str], regions: set[str], own_lines: set[str], own_regions: set[str], resize: str
) -> None:
    if not lines and not regions:
        return
    net = new_classes(wanted("".join(own_lines) or "x", "".join(own_regions)))
    asked = wanted("".join(lines), "".join(regions))
    fitted = fitted_classes(net.mapping, asked, resize)
    outputs = [*AUXILIARY.values(), *fitted.lines.values(), *fitted.regions.values()]
    assert sorted(outputs) == list(range(fitted.count))
    assert lines <= fitted.lines.keys() and regions <= fitted.regions.keys()
    if resize == "new":
        assert (fitted.lines.keys(), fitted.regions.keys()) == (lines, regions)
    again = fitted_classes(fitted.mapping, asked, resize)
    assert again == Classes(fitted.lines, fitted.regions)


@given(some_types, some_types)
def test_what_stays_keeps_its_weights_in_order(own: set[str], lines: set[str]) -> None:
    """Removing rows of a matrix moves the others up: the numbers must say just that."""
    if not lines:
        return
    net = new_classes(wanted("".join(own), "r"))
    fitted = fitted_classes(net.mapping, wanted("".join(lines), "r"), "new")
    rows = [number for number in range(net.count) if number not in fitted.removed]
    for name in own & lines:
        assert rows[fitted.lines[name]] == net.lines[name]
    assert rows[fitted.regions["r"]] == net.regions["r"]
