"""The button "Transcribe", from the press to what stands in the database."""

import json
from typing import Any
from uuid import UUID

import pytest

from armarius.client.escriptorium.record import Phase
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import PageFault, PageParameters, Task
from support.escriptorium_pages import PAGE_SECONDS, READ, TEXTS, PageLife, read_page

MEANS = (0.65, (1.0 + 0.9 + 0.1235 + 0.8) / 4)


def texts(life: PageLife, part: Any, transcription: Any = None) -> list[Any]:
    found = life.here.models.LineTranscription.objects.filter(
        line__document_part=part, transcription=transcription or life.here.transcription
    )
    return list(found.order_by("line__order"))


def layer(life: PageLife, name: str = "kraken") -> Any:
    return life.here.models.Transcription.objects.create(name=name, document=life.here.document)


def pressed(life: PageLife, parts: list[Any], into: Any, **arguments: Any) -> Any:
    model = arguments.pop("model", None) or life.reader()
    return life.press(parts, "transcribe", model_pk=model.pk, transcription_pk=into.pk, **arguments)


def test_a_page_is_transcribed_as_upstream_does(life: PageLife) -> None:
    part, into = life.here.part(1), layer(life)
    (asked,) = pressed(life, [part], into)
    run = life.until_read(asked)
    assert life.again(part).workflow_state == 2  # as upstream: only its end changes it
    spec = life.made.site.runs[run].spec
    assert spec.task is Task.TRANSCRIBE
    assert spec.model is not None
    assert spec.pages == PageParameters(formats=("page",), bidi_reordering="L")
    (sent,) = PackedDataset.load(life.page_job(asked).request.dataset_dir).manifest.pages
    pks = list(part.lines.order_by("order").values_list("pk", flat=True))
    assert [(line.id, line.baseline, line.text) for line in sent.lines] == [
        (f"line-{pks[0]}", ((20, 60), (300, 62)), None),
        (f"line-{pks[1]}", ((20, 120), (300, 122)), None),
    ]
    life.finish_pages(asked, run, gpu_seconds=60)
    life.until_written(asked)
    first, second = texts(life, part, into)
    assert (first.content, second.content) == TEXTS
    assert [first.avg_confidence, second.avg_confidence] == pytest.approx(MEANS)
    assert "".join(graph["c"] for graph in first.graphs) == TEXTS[0]
    assert first.graphs[0] == {"c": "a", "poly": [[20, 60], [20, 60], [29, 70], [29, 30]], "confidence": 0.5}
    assert first.graphs[3] == {"c": " ", "poly": [[50, 30], [50, 70], [59, 70], [59, 30]], "confidence": 0.59}
    assert (first.version_author, first.version_source, first.versions) == ("guigo", "kraken:Charters", [])
    assert [text.content for text in texts(life, part)] == ["abba", "baba"]  # other layers stay
    after = life.again(part)
    assert (after.workflow_state, after.transcription_progress) == (7, 100)
    assert after.max_avg_confidence == pytest.approx(sum(MEANS) / 2)
    into.refresh_from_db()
    assert into.avg_confidence == pytest.approx(sum(MEANS) / 2)
    assert life.part_events() == [(part.pk, "transcribe", "done", False), (part.pk, "transcribe", "done", True)]
    assert life.notified() == [("success", "Transcription done!")]
    assert [event["id"] for event in life.heard if "text" in event] == ["transcription-success"]
    (report,) = life.reports(asked)
    assert (report.workflow_state, report.cpu_cost, report.gpu_cost) == (3, PAGE_SECONDS / 60, 2.0)
    assert "2 lines were read on alpha, and written." in report.messages


def test_what_stood_there_becomes_an_older_version(life: PageLife) -> None:
    part = life.here.part(1)
    before = texts(life, part)
    life.do(pressed(life, [part], life.here.transcription))
    for old, new, read in zip(before, texts(life, part), TEXTS, strict=True):
        assert (new.pk, new.content) == (old.pk, read)
        (kept,) = new.versions
        assert (kept["revision"], kept["data"]["content"]) == (old.revision.hex, old.content)
        assert (new.version_author, new.version_source) == ("guigo", "kraken:Charters")


def test_read_twice_there_are_two_versions(life: PageLife) -> None:
    """Two presses are two wishes; only the same job never writes twice."""
    part, model = life.here.part(1), life.reader()
    for _ in range(2):
        life.do(pressed(life, [part], life.here.transcription, model=model))
    assert [len(text.versions) for text in texts(life, part)] == [2, 2]
    assert isinstance(texts(life, part)[0].revision, UUID)


def test_the_script_of_the_document_says_the_direction(life: PageLife) -> None:
    life.here.document.main_script = life.here.models.Script.objects.create(
        name="Hebrew", text_direction="horizontal-rl"
    )
    life.here.document.save()
    asked = pressed(life, [life.here.part(1)], life.here.transcription, text_direction="vertical-lr")
    life.do(asked)
    (run,) = life.made.site.runs.values()
    assert run.spec.pages == PageParameters(formats=("page",), bidi_reordering="R")
    manifest = PackedDataset.load(life.page_job(asked[0]).request.dataset_dir).manifest
    assert manifest.text_direction == "horizontal-rl"


def test_lines_that_cannot_be_read_stay_and_are_told(life: PageLife) -> None:
    part = life.here.part(1)
    short = life.here.line(part, "as it was", 200, baseline=[[20, 200], [22, 200]], order=5)
    life.here.line(part, "without", 210, baseline=None, order=6)
    (asked,) = pressed(life, [part], life.here.transcription)
    life.do([asked])
    assert [text.content for text in texts(life, part)] == [*TEXTS, "as it was", "without"]
    assert f"line line-{short.pk} is left out: its baseline is 2 pixels long" in life.reports(asked)[0].messages
    assert "without" not in life.reports(asked)[0].messages  # eScriptorium passes over such lines, too


def test_a_page_without_lines_is_done_at_once(life: PageLife) -> None:
    part = life.here.part(1, ())
    (asked,) = pressed(life, [part], life.here.transcription)
    life.until_written(asked)
    assert life.made.site.runs == {}
    assert life.again(part).workflow_state == 7
    assert [report.workflow_state for report in life.reports(asked)] == [3]
    assert "nothing to read" in life.story(asked)
    assert life.notified() == [("success", "Transcription done!")]


def test_only_pages_with_lines_are_sent(life: PageLife) -> None:
    """A site would look for lines where there are none."""
    full, bare = life.here.part(1), life.here.part(2, ())
    asked = pressed(life, [full, bare], life.here.transcription)
    life.do(asked)
    assert len(life.made.site.runs) == 1
    assert len(PackedDataset.load(life.page_job(asked[0]).request.dataset_dir).manifest.pages) == 1
    assert (bare.lines.count(), life.again(bare).workflow_state) == (0, 7)
    assert {life.reports(each)[0].workflow_state for each in asked} == {3}


def test_lines_deleted_meanwhile_are_passed_over(life: PageLife) -> None:
    part = life.here.part(1)
    (asked,) = pressed(life, [part], life.here.transcription)
    run = life.until_read(asked)
    life.finish_pages(asked, run)
    part.lines.order_by("order").first().delete()
    life.until_written(asked)
    assert [text.content for text in texts(life, part)] == [TEXTS[1]]
    assert [report.workflow_state for report in life.reports(asked)] == [3]


def test_an_empty_reading_takes_the_place_of_what_was_there(life: PageLife) -> None:
    part = life.here.part(1)
    (asked,) = pressed(life, [part], life.here.transcription)
    run = life.until_read(asked)
    (page,) = PackedDataset.load(life.page_job(asked).request.dataset_dir).manifest.pages
    head, tail = read_page(page).split("<Word", 1)[0], read_page(page).rpartition("</TextLine>")[2]
    life.finish_pages(asked, run, texts={part.pk: f"{head}</TextLine>{tail}"})
    life.until_written(asked)
    first, second = texts(life, part)
    assert (first.content, first.graphs, first.avg_confidence) == ("", [], None)
    assert second.content == "baba"  # of this line nothing came home


def test_a_failed_page_goes_back_to_segmented(life: PageLife) -> None:
    parts = [life.here.part(number) for number in (1, 2)]
    asked = pressed(life, parts, life.here.transcription)
    life.do(asked, faults={parts[1].pk: PageFault.OUT_OF_MEMORY})
    assert [life.again(part).workflow_state for part in parts] == [7, 6]
    assert [text.content for text in texts(life, parts[1])] == ["abba", "baba"]
    assert [said.partition("!")[0] for _, said in life.notified()] == [
        "Transcription done",
        "Something went wrong during the transcription",
    ]
    assert [event["id"] for event in life.heard if "text" in event] == ["transcription-success", "transcription-error"]


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>" + READ.partition("?>")[2], "declares a document type"),
        ("torn <", "is not XML"),
        ("<alto/>", "is not PAGE"),
        (READ.replace('conf="0.5"', 'conf="sure"'), "a letter that cannot be read"),
        (READ.replace('points="20,60 20,60 29,70 29,30"', 'points="20,60 20"', 2), "a letter that cannot be read"),
    ],
)
def test_what_a_site_sends_is_not_trusted(life: PageLife, xml: str, said: str) -> None:
    part = life.here.part(1)
    (line, _) = part.lines.order_by("order").values_list("pk", flat=True)
    (asked,) = pressed(life, [part], life.here.transcription)
    life.do([asked], texts={part.pk: xml.replace('"line-1"', f'"line-{line}"')})
    assert [text.content for text in texts(life, part)] == ["abba", "baba"]
    (report,) = life.reports(asked)
    assert report.workflow_state == 2
    assert said in report.messages


def test_names_of_other_things_are_passed_over(life: PageLife) -> None:
    """Lines of other pages, too: a site cannot write where it was not asked."""
    part, other = life.here.part(1), life.here.part(2)
    foreign = other.lines.values_list("pk", flat=True)[0]
    (asked,) = pressed(life, [part], life.here.transcription)
    xml = READ.replace('"line-1"', f'"line-{foreign}"').replace('"line-2"', '"line-ten"')
    life.do([asked], texts={part.pk: xml})
    assert [text.content for text in texts(life, other)] == ["abba", "baba"]
    assert [text.content for text in texts(life, part)] == ["abba", "baba"]


def test_a_model_that_is_gone_cannot_read(life: PageLife) -> None:
    part = life.here.part(1)
    (asked,) = life.press([part], "transcribe", model_pk=4711, transcription_pk=life.here.transcription.pk)
    life.until_written(asked)
    ((level, said),) = life.notified()
    assert level == "danger"
    assert "The model is not there any more." in said


def test_graphs_are_as_escriptoriums_schema_wants_them(life: PageLife) -> None:
    part = life.here.part(1)
    life.do(pressed(life, [part], life.here.transcription))
    for text in texts(life, part):
        for graph in json.loads(json.dumps(text.graphs)):
            assert set(graph) == {"c", "poly", "confidence"}
            assert len(graph["c"]) == 1
            assert len(graph["poly"]) > 2
            assert all(len(point) == 2 for point in graph["poly"])
            assert 0 <= graph["confidence"] <= 1


def test_a_transcription_waits_for_the_segmentation_of_its_page(life: PageLife) -> None:
    """What is read are the lines that are being found."""
    page = life.here.part(1, ())
    (segment,) = life.press([page])
    life.made.clock.pass_(1)
    (read,) = life.press([page], "transcribe", model_pk=life.reader().pk, transcription_pk=life.here.transcription.pk)
    run = life.until_read(segment)
    life.made.clock.pass_(100)
    life.step(2)
    assert life.pressed(read).phase is Phase.ASKED
    life.finish_pages(segment, run)
    life.until_written(segment)
    life.do([read])
    assert life.here.models.LineTranscription.objects.filter(line__document_part=page).count() == 2
