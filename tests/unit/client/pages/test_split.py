import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.errors import CannotSplit
from armarius.client.pages.split import Choice
from armarius.functions.contracts import BadInput, Split

IMAGES = st.sets(st.integers(0, 10_000), min_size=2, max_size=40).map(
    lambda numbers: {hashlib.sha256(str(number).encode()).hexdigest() for number in numbers}
)
SHARES = st.floats(0, 1, exclude_max=True)
SEEDS = st.integers()


def of(parts: dict[str, Split], split: Split) -> set[str]:
    return {page for page, part in parts.items() if part is split}


@given(IMAGES, SHARES, st.integers(0, 38), SEEDS)
def test_every_page_has_one_part_and_no_part_is_empty(images: set[str], share: float, held_out: int, seed: int) -> None:
    held_out = min(held_out, len(images) - 2)
    parts = Choice(share, held_out, seed=seed).divide(images)
    assert parts.keys() == images
    assert len(of(parts, Split.TEST)) == held_out
    assert of(parts, Split.VALIDATION)
    assert of(parts, Split.TRAIN)


@given(IMAGES, SHARES, SEEDS)
def test_the_share_is_kept(images: set[str], share: float, seed: int) -> None:
    validating = len(of(Choice(share, seed=seed).divide(images), Split.VALIDATION))
    assert validating == max(1, min(len(images) - 1, round(share * len(images))))


@given(IMAGES, SEEDS, st.randoms())
def test_the_order_of_pages_does_not_matter(images: set[str], seed: int, chance: object) -> None:
    ordered = sorted(images)
    shuffled = list(ordered)
    chance.shuffle(shuffled)
    assert Choice(held_out=0, seed=seed).divide(ordered) == Choice(held_out=0, seed=seed).divide(shuffled)


@given(IMAGES, SHARES, SEEDS)
def test_a_page_that_is_added_pushes_out_one_at_most(images: set[str], share: float, seed: int) -> None:
    added = "f" * 64
    choice = Choice(share, seed=seed)
    before, after = choice.divide(images), choice.divide(images | {added})
    left = of(before, Split.VALIDATION) - of(after, Split.VALIDATION)
    # A page leaves for the new one only, or because a share below a half page was rounded another way.
    assert len(left) <= 1
    assert not left or after[added] is Split.VALIDATION


@given(IMAGES, SEEDS)
def test_the_held_out_pages_stay(images: set[str], seed: int) -> None:
    added = "f" * 64
    choice = Choice(held_out=1, seed=seed)
    if len(images) < 3:
        return
    before, after = of(choice.divide(images), Split.TEST), of(choice.divide(images | {added}), Split.TEST)
    assert after in (before, {added})


def test_the_seed_matters() -> None:
    images = {hashlib.sha256(bytes([number])).hexdigest() for number in range(30)}
    assert Choice(0.5, seed=1).divide(images) != Choice(0.5, seed=2).divide(images)


def test_all_test() -> None:
    assert Choice(all_test=True).divide({"a"}) == {"a": Split.TEST}


def test_named_validation_leaves_all_to_training() -> None:
    assert Choice(None).divide({"a"}) == {"a": Split.TRAIN}


def test_a_single_page_cannot_be_split() -> None:
    with pytest.raises(CannotSplit, match=r"a single page.* second page, or name pages for validation"):
        Choice().divide({"a"})


@pytest.mark.parametrize(("share", "held_out", "pages"), [(0.1, 1, 2), (0.1, 5, 3), (None, 1, 1), (0.1, 0, 0)])
def test_too_few_pages(share: float | None, held_out: int, pages: int) -> None:
    with pytest.raises(CannotSplit):
        Choice(share, held_out).divide({str(page) for page in range(pages)})


@pytest.mark.parametrize(
    "arguments",
    [
        {"validation_share": 1.0},
        {"validation_share": -0.1},
        {"validation_share": float("nan")},
        {"held_out": -1},
        {"all_test": True, "held_out": 1},
    ],
)
def test_refuses_numbers_that_mean_nothing(arguments: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        Choice(**arguments)
