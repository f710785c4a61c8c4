import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armarius.client.errors import CannotSplit, NoPages
from armarius.client.pages import PackedDataset, pack
from armarius.functions.contracts import BadInput, Split
from support.pages import L, alto, image_bytes, page_around, page_line, real_pages, write_pair, write_pairs

LAUGHS = '<!DOCTYPE lolz [<!ENTITY a "ha">]><alto>&a;</alto>'


def parts(packed: PackedDataset) -> dict[str, str]:
    return {page.name: page.split.value for page in packed.manifest.pages}


def page_problems(packed: PackedDataset) -> dict[str, str]:
    return {problem.file.name: problem.what for problem in packed.problems if problem.severity == "page"}


def test_packs_a_folder_in_natural_order(tmp_path: Path) -> None:
    write_pairs(tmp_path, 11)
    packed = pack([tmp_path])
    assert [page.name for page in packed.manifest.pages] == [f"p{number}" for number in range(1, 12)]
    assert sorted(parts(packed).values()) == ["train"] * 10 + ["validation"]
    assert packed.problems == ()
    assert {path.name for path in packed.sources.values()} == {f"p{number}.png" for number in range(1, 12)}
    assert all(path.is_absolute() for path in packed.sources.values())
    assert packed.sources.keys() == {image.sha256 for image in packed.manifest.images()}


def test_alto_and_page_side_by_side(tmp_path: Path) -> None:
    write_pair(tmp_path, "p1", 1)
    (tmp_path / "p2.png").write_bytes(image_bytes(2))
    text = "<TextEquiv><Unicode>abba</Unicode></TextEquiv>"
    (tmp_path / "p2.xml").write_text(page_around(page_line(text), "p2.png"))
    first, second = pack([tmp_path]).manifest.pages
    assert (first.lines[0].text, first.lines[0].baseline) == (second.lines[0].text, second.lines[0].baseline)


def test_passes_over_mets_hidden_and_other_files(tmp_path: Path) -> None:
    write_pairs(tmp_path, 2)
    write_pair(tmp_path / "deeper", "p3", 3)
    (tmp_path / "METS.xml").write_text('<mets xmlns="http://www.loc.gov/METS/"/>')
    (tmp_path / "._p1.xml").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "notes.txt").write_text("read me")
    packed = pack([tmp_path])
    assert len(packed.manifest.pages) == 2
    assert packed.problems == ()


def test_mets_named_by_itself_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "METS.xml").write_text('<mets xmlns="http://www.loc.gov/METS/"/>')
    packed = pack([*write_pairs(tmp_path / "pages", 2), tmp_path / "METS.xml"])
    assert "<mets>" in page_problems(packed)["METS.xml"]


def test_tells_of_each_page(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    pack(write_pairs(tmp_path, 3), on_page=lambda *page: told.append(page))
    assert told == [("p1.xml", 1, 3), ("p2.xml", 2, 3), ("p3.xml", 3, 3)]


def test_a_listener_that_stops_stops_the_packing(tmp_path: Path) -> None:
    def stop(name: str, done: int, pages: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(write_pairs(tmp_path, 3), on_page=stop)


def test_good_pages_are_kept_beside_bad_ones(tmp_path: Path) -> None:
    write_pairs(tmp_path, 2)
    bad = {
        "truncated": alto("p1.png")[:-9],
        "text": "Dear sir,",
        "login": "<!DOCTYPE html><html/>",
        "tei": "<TEI/>",
        "laughs": LAUGHS,
        "lost": alto("lost.png"),
        "climbing": alto("../../above.png"),
        "inches": alto("p1.png", unit="inch1200"),
        "fake": alto("fake.jpg"),
        "other size": alto("p1.png", size=(40, 30)),
        "blank": alto("p1.png", [L(text=None)]),
        "no baseline": alto("p1.png", [L(baseline=None)]),
        "outside": alto("p1.png", [L(baseline="0,0 9000,0")]),
    }
    for name, content in bad.items():
        (tmp_path / f"{name}.xml").write_text(content)
    (tmp_path / "fake.jpg").write_text("no image")
    packed = pack([tmp_path])
    assert [page.name for page in packed.manifest.pages] == ["p1", "p2"]
    found = page_problems(packed)
    assert found.keys() == {f"{name}.xml" for name in bad}
    assert "lost.png" in found["lost.xml"]
    assert "inch1200" in found["inches.xml"]
    assert "no text" in found["blank.xml"]


def test_bad_lines_are_told_and_good_ones_kept(tmp_path: Path) -> None:
    lines = [L(), L(id="l2", baseline=None), L(id="l3", baseline="0,0 9000,0"), L(id="l4", text=None)]
    packed = pack([write_pair(tmp_path, "p1", 1, lines), write_pair(tmp_path, "p2", 2)])
    assert [line.id for line in packed.manifest.pages[0].lines] == ["l1", "l4"]
    assert [problem.severity for problem in packed.problems] == ["line", "line", "note"]
    assert all(problem.file.name == "p1.xml" for problem in packed.problems)


def test_the_second_page_with_the_same_image_is_refused(tmp_path: Path) -> None:
    write_pairs(tmp_path, 2)
    shutil.copy(tmp_path / "p1.png", tmp_path / "p3.png")
    (tmp_path / "p3.xml").write_text(alto("p3.png"))
    found = page_problems(pack([tmp_path]))
    assert found.keys() == {"p3.xml"}
    assert str(tmp_path / "p1.xml") in found["p3.xml"]


def test_a_page_that_names_its_image_truly_comes_before_one_that_does_not(tmp_path: Path) -> None:
    write_pairs(tmp_path, 2)
    (tmp_path / "a.xml").write_text(alto("../scans/p1.png"))
    packed = pack([tmp_path])
    assert [page.name for page in packed.manifest.pages] == ["p1", "p2"]
    assert page_problems(packed).keys() == {"a.xml"}


def test_a_file_given_twice_counts_once(tmp_path: Path) -> None:
    files = write_pairs(tmp_path, 2)
    again = tmp_path / ".." / tmp_path.name / "p1.xml"
    packed = pack([tmp_path, *files, again])
    assert len(packed.manifest.pages) == 2
    assert packed.problems == ()


def test_if_nothing_remains_each_file_has_its_reason(tmp_path: Path) -> None:
    write_pair(tmp_path, "p1", 1, [L(text="")])
    write_pair(tmp_path, "p2", 2, [L(text=" ")])
    (tmp_path / "p3.xml").write_text("nothing")
    with pytest.raises(NoPages) as caught:
        pack([tmp_path])
    for reason in ("p1.xml has no text", "p2.xml has no text", "p3.xml is not XML"):
        assert reason in str(caught.value)


def test_one_page_cannot_be_split(tmp_path: Path) -> None:
    good = write_pair(tmp_path)
    with pytest.raises(CannotSplit, match="Give a second page, or name pages for validation"):
        pack([good])
    (tmp_path / "bad.xml").write_text("")
    with pytest.raises(CannotSplit, match=r"bad\.xml is empty"):
        pack([tmp_path])


def test_named_validation_and_test(tmp_path: Path) -> None:
    train, check, last = write_pairs(tmp_path, 3)
    packed = pack([train], validation=[check], test=[last])
    assert parts(packed) == {"p1": "train", "p2": "validation", "p3": "test"}
    assert parts(pack([tmp_path], validation=[check])) == {"p1": "train", "p2": "validation", "p3": "train"}


def test_held_out_pages(tmp_path: Path) -> None:
    packed = pack(write_pairs(tmp_path, 6), validation_share=0.4, held_out=1)
    assert sorted(parts(packed).values()) == ["test", "train", "train", "train", "validation", "validation"]


def test_all_test(tmp_path: Path) -> None:
    assert parts(pack([write_pair(tmp_path)], all_test=True)) == {"p1": "test"}


def test_contradictions_are_refused(tmp_path: Path) -> None:
    one, two = write_pairs(tmp_path, 2)
    with pytest.raises(BadInput, match=r"p2\.xml is named for validation and for test"):
        pack([one], validation=[two], test=[two])
    with pytest.raises(BadInput, match="All pages test"):
        pack([one], test=[two], all_test=True)
    with pytest.raises(BadInput, match="no share"):
        pack([one, two], validation_share=2)


@pytest.mark.parametrize("purpose", ["validation", "test"])
def test_named_pages_that_cannot_be_used_are_not_replaced_by_others(tmp_path: Path, purpose: str) -> None:
    write_pairs(tmp_path / "good", 3)
    (tmp_path / "bad.xml").write_text("")
    with pytest.raises(NoPages, match=rf"(?s)for {purpose}\..*bad\.xml is empty"):
        pack([tmp_path / "good"], **{purpose: [tmp_path / "bad.xml"]})


def test_all_named_for_validation_leaves_none_to_train(tmp_path: Path) -> None:
    files = write_pairs(tmp_path, 2)
    with pytest.raises(NoPages, match="for training"):
        pack(files, validation=files)


def test_refuses_nothing_and_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoPages, match="No pages were given"):
        pack([])
    with pytest.raises(NoPages, match=r"gone does not exist"):
        pack([tmp_path / "gone"])
    with pytest.raises(NoPages, match=r"xxx (does not exist|cannot be read)"):
        pack([tmp_path / ("x" * 5000)])
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoPages, match=r"empty holds no \.xml file; it holds nothing"):
        pack([tmp_path / "empty"])
    (tmp_path / "empty" / "p1.png").write_bytes(image_bytes())
    with pytest.raises(NoPages, match="it holds 1 other"):
        pack([tmp_path / "empty"])


def test_names_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    folder = tmp_path / "closed"
    folder.mkdir()
    monkeypatch.setattr(Path, "iterdir", refuse)  # tests may run as root, whom no mode keeps out
    with pytest.raises(NoPages, match=r"closed cannot be read: Permission denied"):
        pack([folder])


@pytest.mark.parametrize("name", ["a b", 'it\'s "quoted"', "ü\u0308 e\u0301", "dots..", "&<>", "$(rm)", "日本"])
def test_file_names_of_all_kinds(tmp_path: Path, name: str) -> None:
    write_pair(tmp_path, "other", 9)
    folder = tmp_path / name
    write_pair(folder, f"{name}1", 1)
    assert len(pack([folder, tmp_path]).manifest.pages) == 2


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    write_pairs(tmp_path, 2)
    try:
        (tmp_path / "p1.xml").rename(tmp_path / "p\udcff1.xml")
    except OSError:
        pytest.skip("this file system takes no such names")
    packed = pack([tmp_path])
    assert {page.name for page in packed.manifest.pages} == {"p2", "p\ufffd1"}
    packed.save(tmp_path / "saved")
    assert PackedDataset.load(tmp_path / "saved") == packed


def test_direction_is_that_of_most_pages(tmp_path: Path) -> None:
    text = page_line("<TextEquiv><Unicode>abba</Unicode></TextEquiv>")
    for number, direction in enumerate(("right-to-left", "right-to-left", "left-to-right")):
        (tmp_path / f"p{number}.png").write_bytes(image_bytes(number))
        content = page_around(text, f"p{number}.png", attributes=f'readingDirection="{direction}"')
        (tmp_path / f"p{number}.xml").write_text(content)
    assert pack([tmp_path]).manifest.text_direction == "horizontal-rl"


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("five")
    files = write_pairs(folder, 4)
    return [*files, write_pair(folder / "again", "p1", 99)]


@given(order=st.permutations(range(5)), seed=st.integers(0, 3))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_order_of_arguments_does_not_matter(five: list[Path], order: list[int], seed: int) -> None:
    assert pack([five[place] for place in order], seed=seed).id == pack(five, seed=seed).id


def test_the_place_does_not_matter_and_the_content_does(tmp_path: Path) -> None:
    first = pack(write_pairs(tmp_path / "a", 3))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    second = pack([tmp_path / "b"])
    assert second.id == first.id
    write_pair(tmp_path / "b", "p1", 1, [L("baba")])
    changed = pack([tmp_path / "b"])
    assert changed.id != first.id
    assert parts(changed) == parts(first)
    assert changed.sources.keys() == first.sources.keys()


@pytest.mark.parametrize("name", ["poilus", "rousseau"])
def test_real_pages(name: str) -> None:
    folder = real_pages() / name / "train"
    if not folder.is_dir():
        pytest.skip(f"no {name} among the real pages")
    files = sorted(folder.glob("*.xml"))
    random.Random(1).shuffle(files)
    packed = pack(files, held_out=1)
    assert page_problems(packed) == {}
    assert len(packed.manifest.pages) == len(files)
    for split in Split:
        assert list(packed.manifest.transcribed_lines(split))
    assert packed.id == pack([folder], held_out=1).id
