"""From the database to a dataset."""

import os
from pathlib import Path
from typing import Any

import pytest

from armarius.client.errors import CannotSplit, NoPages
from armarius.client.escriptorium.data.gathering import gather, start_for
from armarius.client.escriptorium.data.wanted import wanted
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import BadInput, Split
from support.escriptorium import Instance

SEGTRAIN = "core.tasks.segtrain"


def packed(here: Instance, parts: list[Any], task: str = "core.tasks.train", **arguments: Any) -> PackedDataset:
    asked = here.asked(here.model(), parts, task, **arguments)
    return gather(wanted(asked.task, asked.arguments), here.media.parent / "images")


def test_a_page_is_what_the_database_says(here: Instance) -> None:
    part = here.part(1)
    typed = here.models.LineType.objects.create(name="heading")
    here.models.Line.objects.filter(order=0).update(typology=typed)
    here.models.Block.objects.update(typology=here.models.BlockType.objects.create(name="MainZone"))
    manifest = packed(here, [part, here.part(2)], SEGTRAIN).manifest
    page = next(page for page in manifest.pages if page.name == "f1")
    assert [(line.type, line.baseline) for line in page.lines] == [
        ("heading", ((20, 60), (300, 62))),
        ("default", ((20, 120), (300, 122))),
    ]
    assert page.lines[0].boundary == ((20, 30), (300, 30), (300, 70), (20, 70))
    assert [(region.type, region.boundary[2]) for region in page.regions] == [("MainZone", (399, 299))]
    assert {line.region for line in page.lines} == {page.regions[0].id}


def test_texts_are_those_of_the_transcription_that_was_asked_for(here: Instance) -> None:
    part = here.part(1)
    other = here.models.Transcription.objects.create(name="kraken", document=here.document)
    line = part.lines.first()
    here.models.LineTranscription.objects.create(line=line, transcription=other, content="not this")
    here.models.LineTranscription.objects.filter(line=line, transcription=here.transcription).update(content=" a\tb ")
    texts = {line.text for page in packed(here, [part]).manifest.pages for line in page.lines}
    assert texts == {"a b", "baba"}


def test_few_pages_are_split_by_lines_as_escriptorium_does(here: Instance) -> None:
    manifest = packed(here, [here.part(number, ("a",) * 4) for number in range(5)]).manifest
    by_split = {split: {line.id for line in manifest.transcribed_lines(split)} for split in Split}
    assert (len(by_split[Split.TRAIN]), len(by_split[Split.VALIDATION])) == (18, 2)
    assert not by_split[Split.TRAIN] & by_split[Split.VALIDATION]


def test_a_single_page_can_be_trained_on(here: Instance) -> None:
    manifest = packed(here, [here.part(1, ("a", "b", "c"))]).manifest
    assert {page.split for page in manifest.pages} == {Split.TRAIN, Split.VALIDATION}
    assert len(manifest.images()) == 1


def test_a_single_line_cannot(here: Instance) -> None:
    with pytest.raises(CannotSplit, match="single line"):
        packed(here, [here.part(1, ("a",))])


def test_from_ten_pages_on_whole_pages_validate(here: Instance) -> None:
    manifest = packed(here, [here.part(number) for number in range(10)]).manifest
    assert len(manifest.pages) == 10
    assert len(manifest.in_split(Split.VALIDATION)) == 1


def test_the_same_pages_always_validate(here: Instance) -> None:
    parts = [here.part(number) for number in range(3)]
    assert packed(here, parts).id == packed(here, parts[::-1]).id


def test_broken_pages_are_reported_and_left_out(here: Instance) -> None:
    good = [here.part(number) for number in (1, 2)]
    gone = here.part(3)
    (here.media / gone.image.name).unlink()
    damaged = here.part(4)
    (here.media / damaged.image.name).write_bytes(b"no image")
    twice = here.part(1, original_filename="again.png")
    unread = here.part(5, texts=())
    here.line(unread, None, 60)
    dataset = packed(here, [*good, gone, damaged, twice, unread])
    assert {page.name for page in dataset.manifest.pages} == {"f1", "f2"}
    said = {problem.file.name: problem.what for problem in dataset.problems if problem.severity == "page"}
    assert set(said) == {"f3.png", "f4.png", "again.png", "f5.png"}
    assert "not in MEDIA_ROOT" in said["f3.png"]
    assert "same image" in said["again.png"]
    assert "no text" in said["f5.png"]


@pytest.mark.parametrize(
    "fields",
    [
        {"baseline": None},
        {"baseline": [[1, 2]]},
        {"baseline": [["a", 2], [3, 4]]},
        {"baseline": [[1], [2]]},
        {"baseline": 7},
        {"baseline": [[10**9, 0], [10**9, 5]]},
        {"baseline": [[5000, 60], [6000, 60]]},
    ],
)
def test_a_line_that_cannot_be_used_is_left_out(here: Instance, fields: dict[str, Any]) -> None:
    part = here.part(1, ("a", "b", "c"))
    bad = here.line(part, "lost", 200, **fields)
    dataset = packed(here, [part])
    assert str(bad.pk) not in {line.id for page in dataset.manifest.pages for line in page.lines}
    assert any(problem.severity == "line" and str(bad.pk) in problem.what for problem in dataset.problems)


def test_nothing_usable_names_every_page(here: Instance) -> None:
    with pytest.raises(NoPages, match=r"(?s)f1\.png.*f2\.png"):
        packed(here, [here.part(1, ()), here.part(2, ())])


def test_images_are_linked_and_not_copied(here: Instance) -> None:
    part = here.part(1)
    dataset = packed(here, [part])
    (kept,) = dataset.sources.values()
    assert kept.samefile(here.media / part.image.name)
    (here.media / part.image.name).unlink()
    assert kept.is_file()


def test_where_links_are_impossible_images_are_used_where_they_lie(
    here: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    part = here.part(1)
    assert set(packed(here, [part]).sources.values()) == {(here.media / part.image.name).resolve()}


def test_the_direction_is_that_of_the_script(here: Instance) -> None:
    here.document.main_script = here.models.Script.objects.create(name="Hebrew", text_direction="horizontal-rl")
    here.document.save()
    asked = here.asked(here.model(), [here.part(1)])
    about = wanted(asked.task, asked.arguments)
    dataset = gather(about, here.media.parent / "images")
    assert dataset.manifest.text_direction == "horizontal-rl"
    assert start_for(about, dataset, None, {"epochs": 3}, 0).parameters.model_dump()["bidi_reordering"] == "R"


@pytest.mark.parametrize(("offset", "name"), [(0, "baseline"), (1, "topline"), (2, "centerline")])
def test_a_segmentation_starts_from_krakens_own_model(here: Instance, offset: int, name: str) -> None:
    asked = here.asked(here.model(), [here.part(1), here.part(2)], SEGTRAIN)
    about = wanted(asked.task, asked.arguments)
    start = start_for(about, gather(about, here.media.parent / "images"), None, {}, offset)
    assert (start.parameters.packaged, start.parameters.model_dump()["line_offset"]) == ("blla", name)


def test_a_collection_takes_each_page_with_its_own_text(here: Instance) -> None:
    first, second = here.part(1), here.part(2)
    collection = here.models.VirtualCollection.objects.create(name="Best of")
    for part, layer in ((first, here.transcription), (second, None)):
        here.models.VirtualCollectionItem.objects.create(
            collection=collection, document_part=part, transcription_layer=layer
        )
    about = wanted("core.tasks.train_from_collection", {"collection_pk": collection.pk})
    assert (about.room.name, about.parts) == ("collection", [first.pk])
    assert wanted("core.tasks.segtrain_from_collection", {"collection_pk": collection.pk}).parts == [
        first.pk,
        second.pk,
    ]


def test_a_document_that_is_gone_is_said(here: Instance) -> None:
    with pytest.raises(BadInput, match="not there"):
        wanted("core.tasks.train", {"transcription_pk": 99, "part_pks": []})


def test_progress_is_told_page_by_page(here: Instance, tmp_path: Path) -> None:
    asked = here.asked(here.model(), [here.part(number) for number in range(3)])
    seen: list[tuple[int, int]] = []
    gather(wanted(asked.task, asked.arguments), tmp_path / "images", lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
