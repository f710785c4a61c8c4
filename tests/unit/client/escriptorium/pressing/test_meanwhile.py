"""What people do to pages while they are away."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from armarius.client.escriptorium.pressing import starting, words
from armarius.client.escriptorium.record import Phase
from armarius.functions.contracts import PageFault
from support.escriptorium_pages import PAGE_SECONDS, TEXTS, PageLife

CHANGED = "its image was changed meanwhile"


def drawn(life: PageLife, number: int, *texts: str) -> Any:
    """A page whose image is not the same upside down."""
    part = life.here.part(number, texts)
    path = life.here.media / part.image.name
    with Image.open(path) as image:
        image.paste(0, (0, 0, 50, 20))
        image.save(path)
    return part


def rotate(life: PageLife, part: Any) -> None:
    """As eScriptorium does: under a new name."""
    new = part.image.name.replace(".png", "_180.png")
    with Image.open(life.here.media / part.image.name) as image:
        image.rotate(180).save(life.here.media / new)
    (life.here.media / part.image.name).unlink()
    part.image = new
    part.save()


def compress(life: PageLife, part: Any) -> None:
    """As eScriptorium does some time after an upload: in place."""
    path: Path = life.here.media / part.image.name
    before = path.read_bytes()
    with Image.open(path) as image:
        image.save(path.with_suffix(".new"), "PNG", compress_level=0)
    path.with_suffix(".new").replace(path)
    assert path.read_bytes() != before


def read(life: PageLife, parts: list[Any], **how: Any) -> list[Any]:
    return life.press(
        parts, "transcribe", model_pk=life.reader().pk, transcription_pk=life.here.transcription.pk, **how
    )


def contents(life: PageLife, part: Any) -> list[str]:
    texts = life.here.models.LineTranscription.objects.filter(line__document_part=part)
    return [text.content for text in texts.order_by("line__order")]


def come_home(life: PageLife, asked: Any, **how: Any) -> None:
    life.finish_pages(asked, life.until_read(asked), **how)


# Images -------------------------------------------------------------------------------------------------------------


def test_a_page_that_was_rotated_gets_no_lines_in_the_wrong_place(life: PageLife) -> None:
    parts = [drawn(life, number) for number in (1, 2)]
    asked = life.press(parts)
    come_home(life, asked[0])
    rotate(life, parts[0])
    life.until_written(*asked)
    assert [part.lines.count() for part in parts] == [0, 4]
    assert life.reports(asked[0])[0].workflow_state == 2
    assert CHANGED in life.story(asked[0])


def test_nor_is_it_cleared(life: PageLife) -> None:
    part = drawn(life, 1, "abba", "baba")
    (asked,) = life.press([part], override=True)
    come_home(life, asked, faults={part.pk: PageFault.NO_LINES})
    rotate(life, part)
    life.until_written(asked)
    assert part.lines.count() == 2


def test_nor_texts_whose_letters_lie_elsewhere(life: PageLife) -> None:
    part = life.here.part(1)
    (asked,) = read(life, [part])
    come_home(life, asked)
    (life.here.media / part.image.name).unlink()
    life.until_written(asked)
    assert contents(life, part) == ["abba", "baba"]
    assert CHANGED in life.story(asked)


def test_an_image_that_was_compressed_shows_the_same(life: PageLife) -> None:
    part = life.here.part(1, ())
    (asked,) = life.press([part])
    come_home(life, asked)
    compress(life, part)
    life.until_written(asked)
    assert part.lines.count() == 4


# Layers and lines ---------------------------------------------------------------------------------------------------


def test_a_layer_that_was_deleted_is_told(life: PageLife) -> None:
    part = life.here.part(1)
    (asked,) = read(life, [part])
    come_home(life, asked)
    life.here.transcription.delete()
    life.until_written(asked)
    assert "its layer was deleted" in life.story(asked)
    assert life.reports(asked)[0].workflow_state == 2


def test_a_page_of_which_no_line_is_left_has_failed(life: PageLife) -> None:
    part = life.here.part(1)
    (asked,) = read(life, [part])
    come_home(life, asked)
    part.lines.all().delete()
    life.here.line(part, "new", 90)
    life.until_written(asked)
    assert contents(life, part) == ["new"]
    assert "none of those lines is there any more" in life.story(asked)
    assert life.reports(asked)[0].workflow_state == 2


def test_lines_that_are_gone_are_not_said_to_be_written(life: PageLife) -> None:
    part = life.here.part(1)
    (asked,) = read(life, [part])
    come_home(life, asked)
    part.lines.order_by("order").first().delete()
    life.until_written(asked)
    assert contents(life, part) == [TEXTS[1]]
    assert "1 line were read on alpha, and written. 1 line more" in life.story(asked)


def test_a_correction_in_this_moment_waits_and_becomes_an_older_version(
    life: PageLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite locks no rows; that PostgreSQL is asked to is all that can be seen here."""
    from django.db.models import QuerySet

    locked: list[str] = []
    real = QuerySet.select_for_update

    def seen(query: Any, *args: Any, **kwargs: Any) -> Any:
        locked.append(query.model.__name__)
        return real(query, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", seen)
    life.do(read(life, [life.here.part(1)]))
    assert {"DocumentPart", "LineTranscription", "Transcription"} <= set(locked)


# Pages and documents ------------------------------------------------------------------------------------------------


def test_when_all_pages_are_deleted_the_job_ends(life: PageLife) -> None:
    parts = [life.here.part(number, ()) for number in (1, 2)]
    asked = life.press(parts)
    life.until_read(asked[0])
    life.here.document.delete()
    life.made.clock.pass_(31)
    life.step(2)
    assert life.page_job(asked[0]).cancel


def test_pages_that_are_left_are_done(life: PageLife) -> None:
    parts = [life.here.part(number, ()) for number in (1, 2)]
    asked = life.press(parts)
    run = life.until_read(asked[0])
    parts[0].delete()
    life.made.clock.pass_(31)
    life.step(2)
    assert not life.page_job(asked[1]).cancel
    life.finish_pages(asked[1], run)
    life.until_written(*asked)
    assert parts[1].lines.count() == 4
    assert life.pressed(asked[0]).outcome == words.CANCELLED


def test_a_document_that_is_gone_asks_for_no_tags_so_nothing_is_sent(
    life: PageLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted(*_: Any) -> frozenset[str]:
        life.here.document.delete()
        return frozenset()

    monkeypatch.setattr(starting, "tags_for", deleted)
    (asked,) = life.press([life.here.part(1, ())])
    life.until_written(asked)
    assert life.office.pool.desk.journal.jobs() == []


def test_what_deleted_pages_took_is_counted(life: PageLife) -> None:
    parts = [life.here.part(number, ()) for number in (1, 2, 3)]
    (asked,) = life.press(parts, each=3)
    come_home(life, asked, gpu_seconds=90)
    for part in parts[1:]:
        part.delete()
    life.until_written(asked)
    costs = [(report.cpu_cost, report.gpu_cost) for report in life.reports(asked)]
    assert costs[0] == (pytest.approx(3 * PAGE_SECONDS / 60), pytest.approx(3.0))
    assert not any(cpu or gpu for cpu, gpu in costs[1:])


# Waiting ------------------------------------------------------------------------------------------------------------


def test_a_second_press_says_once_that_it_waits(life: PageLife) -> None:
    page = life.here.part(1, ())
    (first,) = life.press([page])
    life.until_read(first)
    (second,) = life.press([page])
    life.step(3)
    assert life.pressed(second).phase is Phase.ASKED
    assert life.story(second).count("being worked on already") == 1
    assert f"(report {life.reports(first)[0].pk})" in life.story(second)
