"""A training from the button to the model, as its page and its user see it."""

from dataclasses import replace
from pathlib import Path

import pytest

from armarius.client.escriptorium.life.clerk import Clerk
from armarius.client.escriptorium.options import Options
from armarius.client.escriptorium.record import Phase
from armarius.functions.contracts import Outcome, Reason
from support.desk import WEIGHTS
from support.escriptorium import AtOnce
from support.escriptorium_life import Life, weights_of
from support.jobs import layout_metrics

BASE = b"\x0a\x04vgsl"
"""As much of an old model as is looked at here."""


def test_everything_the_page_hears(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    assert life.model(asked).training
    models = [life.epoch(run, number) for number in (1, 2)]
    life.step(3)
    life.finish(run, *models)
    row = life.until_ended(asked)
    assert row.phase is Phase.ENDED
    names = [name for name, _ in life.events() if name != "part:workflow"]
    first, last = names.index("training:eval"), len(names) - names[::-1].index("training:eval") - 1
    assert names[0] == "training:start"
    assert set(names[1:first]) == {"training:gathering"}
    assert names[first : last + 1] == ["training:eval", "training:eval"]
    assert names[-1] == "training:done"
    room = {tuple(event["room"]) for event in life.heard if "name" in event}
    assert room == {("document", life.here.document.pk)}
    assert all(data["id"] == asked.model for name, data in life.events() if name != "part:workflow")


def test_the_bar_fills_once(life: Life) -> None:
    life.made.staging.instantly = False
    asked = life.ask(parts=4)
    life.step(3)
    assert [data["index"] for _, data in life.events("training:gathering")] == [12, 25, 37, 50]
    total = 0
    for _ in range(6):
        life.made.staging.show(moved=total)
        total += 200
        life.step()
    life.made.staging.arrive()
    life.until_computing(asked)
    life.step()
    told = [data["index"] for _, data in life.events("training:gathering")]
    assert told == sorted(set(told))
    assert told[-1] == 100
    assert all(data["total"] == 100 for _, data in life.events("training:gathering"))


def test_each_epoch_can_be_downloaded_at_once(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    for number in (1, 2):
        life.epoch(run, number)
        life.step(3)
    told = [data for _, data in life.events("training:eval")]
    assert [data["epoch"] for data in told] == [1, 2]
    assert [len(data["versions"]) for data in told] == [1, 2]
    newest = told[-1]["versions"][0]["data"]["file"]
    assert newest.startswith("models/")
    assert newest.endswith("/version_2.safetensors")
    assert (life.here.media / newest).read_bytes() == weights_of(2)
    model = life.model(asked)
    assert model.training_epoch == 2
    assert model.training_accuracy == pytest.approx(told[-1]["accuracy"])


def test_an_epoch_waits_for_its_weights_but_not_for_ever(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    life.made.staging.instantly = False
    life.epoch(run, 1)
    life.step(3)
    assert life.events("training:eval") == []
    life.made.clock.pass_(61)
    life.step(2)
    ((_, data),) = life.events("training:eval")
    assert (data["epoch"], data["versions"]) == (1, [])


def test_the_model_comes_home(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    models = [life.epoch(run, number) for number in (1, 2, 3)]
    life.finish(run, *models)
    life.until_ended(asked)
    model = life.model(asked)
    home = life.here.media / model.file.name
    assert home.read_bytes() == WEIGHTS
    assert (home.suffix, model.file_size, model.training) == (".safetensors", len(WEIGHTS), False)
    assert (home.parent / "README.md").read_text().startswith("---")
    assert (model.training_epoch, model.training_total, model.training_errors) == (3, 2310, 201)
    assert model.training_accuracy > 0
    assert [Path(version["data"]["file"]).name for version in model.versions] == [
        "version_3.safetensors",
        "version_2.safetensors",
        "version_1.safetensors",
    ]


def test_reports_run_until_the_end_and_tell_the_story(life: Life) -> None:
    asked = life.ask(parts=3)
    run = life.until_computing(asked)
    assert {report.workflow_state for report in life.reports(asked)} == {1}
    models = [life.epoch(run, 1, seconds_left=3600)]
    life.step(3)
    life.finish(run, *models)
    life.until_ended(asked)
    first, *others = life.reports(asked)
    assert {report.workflow_state for report in (first, *others)} == {3}
    assert all(report.done_at for report in (first, *others))
    for said in ("3 pages with 6 lines", "5 texts train", "goes to alpha", "Epoch 1: accuracy", "Training finished!"):
        assert said in first.messages
    assert {report.messages for report in others} == {
        f"One training on several pages: what becomes of it is told in report {first.pk}.\n"
    }


def test_the_user_hears_where_it_runs_and_when_it_ends(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    life.step()
    life.epoch(run, 1, seconds_left=3600)
    life.epoch(run, 2, seconds_left=1800)
    life.step(3)
    life.finish(run)
    life.until_ended(asked)
    texts = [text for _, text in life.notified()]
    assert [level for level, _ in life.notified()] == ["info", "info", "success"]
    assert "handed to alpha" in texts[0]
    assert "on alpha: at most 1 h left, ends about" in texts[1]
    assert "Epoch 2: accuracy" in life.story(asked)
    assert "; at most 30 min left, ends about" in life.story(asked)
    assert texts[2].startswith("Training finished!")
    assert {event["id"] for event in life.heard if "text" in event} == {f"armarius-{asked.id}"}
    assert life.heard[-1]["links"] == [
        {"text": "Training", "src": f"/armarius/trainings/{asked.id}/"},
        {"text": "Report", "src": f"/report/{life.reports(asked)[0].pk}/"},
    ]


def test_where_our_pages_are_not_switched_on_nothing_points_at_them(life: Life) -> None:
    from django.test import override_settings

    asked = life.ask()
    with override_settings(ROOT_URLCONF="escriptorium.urls"):
        life.finish(life.until_computing(asked))
        life.until_ended(asked)
    assert [link["text"] for link in life.heard[-1]["links"]] == ["Report"]


def test_gpu_minutes_are_true_and_written_once(life: Life) -> None:
    asked = life.ask(parts=3)
    life.made.clock.pass_(7200)
    run = life.until_computing(asked)
    life.finish(run, gpu_seconds=120)
    life.until_ended(asked)
    assert [report.gpu_cost for report in life.reports(asked)] == [4.0, None, None]


def test_a_fine_tuning_that_brought_nothing_leaves_the_model_as_it_was(life: Life) -> None:
    model = life.here.model(weights=BASE, training_accuracy=0.91, training_epoch=7)
    before = model.file.name
    asked = life.ask(model)
    run = life.until_computing(asked)
    assert life.made.site.runs[run].spec.model is not None
    models = [life.epoch(run, 1)]
    life.step(3)
    life.finish(run, *models, improved=False)
    life.until_ended(asked)
    model = life.model(asked)
    assert (life.here.media / before).read_bytes() == BASE
    assert (model.file.name, model.training_accuracy, model.training_epoch) == (before, 0.91, 7)
    assert not model.training
    assert life.notified()[-1] == ("warning", "Training didn't get better results than base model! "
                                   "The model is as it was before.")  # fmt: skip
    assert life.reports(asked)[0].workflow_state == 3


def test_a_failure_says_why_and_what_to_do(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    life.made.site.end(run, Outcome.FAILED, Reason.BAD_DATA, message="Page f1 holds nothing.")
    life.until_ended(asked)
    level, said = life.notified()[-1]
    assert level == "danger"
    assert "Page f1 holds nothing." in said
    assert "Correct the pages" in said
    assert [name for name, _ in life.events("training:error", "training:done")] == ["training:error", "training:done"]
    assert {report.workflow_state for report in life.reports(asked)} == {2}
    assert said in life.story(asked)
    assert not life.model(asked).training


def test_what_never_converged_leaves_no_empty_model(life: Life) -> None:
    asked = life.ask()
    run = life.until_computing(asked)
    life.made.site.end(run, Outcome.FAILED, Reason.NO_IMPROVEMENT, message="Nothing was learnt.")
    life.until_ended(asked)
    assert not life.here.models.OcrModel.objects.filter(pk=asked.model).exists()
    assert life.notified()[-1] == (
        "danger",
        "The training of 'Charters' failed. Nothing was learnt. Add pages, or start from a model of a similar script.",
    )


def test_a_model_that_was_there_survives_not_converging(life: Life) -> None:
    model = life.here.model()
    model.file = "models/abc/there.mlmodel"
    model.save()
    asked = life.ask(model)
    run = life.until_computing(asked)
    life.made.site.end(run, Outcome.FAILED, Reason.NO_IMPROVEMENT, message="Nothing was learnt.")
    life.until_ended(asked)
    assert life.model(asked).file.name == "models/abc/there.mlmodel"


def test_pages_that_cannot_be_used_end_it_with_their_reasons(life: Life) -> None:
    asked = life.here.asked(life.here.model(), [life.here.part(1, ())])
    life.office.ledger.write_down(asked, life.office.now())
    life.until_ended(asked)
    assert "f1.png" in life.notified()[-1][1]
    assert life.reports(asked)[0].workflow_state == 2


def test_what_was_left_out_stands_in_the_report(life: Life) -> None:
    empty = life.here.part(9, ())
    asked = life.here.asked(life.here.model(), [life.here.part(1), life.here.part(2), empty])
    life.office.ledger.write_down(asked, life.office.now())
    life.until_computing(asked)
    assert "f9.png: holds no lines." in life.story(asked)


def test_weights_come_beside_a_file_of_another_kind(life: Life) -> None:
    model = life.here.model()
    model.file = "models/abc/charters.mlmodel"
    model.save()
    asked = life.ask(model)
    life.finish(life.until_computing(asked))
    life.until_ended(asked)
    assert life.model(asked).file.name == "models/abc/charters.safetensors"


def test_versions_of_an_earlier_training_are_never_overwritten(life: Life) -> None:
    model = life.here.model()
    model.file = "models/abc/charters.safetensors"
    model.save()
    earlier = life.here.media / "models" / "abc" / "version_4.safetensors"
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"earlier")
    asked = life.ask(model)
    run = life.until_computing(asked)
    life.epoch(run, 1)
    life.step(3)
    assert earlier.read_bytes() == b"earlier"
    assert (earlier.parent / "version_5.safetensors").read_bytes() == weights_of(1)


def test_a_collection_is_watched_in_its_own_room(life: Life) -> None:
    collection = life.here.models.VirtualCollection.objects.create(name="Best of")
    for number in (1, 2):
        life.here.models.VirtualCollectionItem.objects.create(
            collection=collection,
            document_part=life.here.part(number),
            transcription_layer=life.here.transcription,
        )
    asked = life.here.asked(life.here.model(), [], "core.tasks.train_from_collection", collection_pk=collection.pk)
    del asked.arguments["part_pks"]
    life.office.ledger.write_down(asked, life.office.now())
    life.finish(life.until_computing(asked))
    life.until_ended(asked)
    assert {tuple(event["room"]) for event in life.heard if "name" in event} == {("collection", collection.pk)}


def test_a_clone_is_trained_and_its_parent_kept(life: Life) -> None:
    parent = life.here.model(weights=BASE)
    clone = parent.clone_for_training(life.here.user, name="Charters v2")
    asked = life.ask(clone)
    run = life.until_computing(asked)
    life.finish(run, life.epoch(run, 1), improved=True)
    life.until_ended(asked)
    model = life.model(asked)
    assert (model.parent_id, (life.here.media / model.file.name).read_bytes()) == (parent.pk, WEIGHTS)
    parent.refresh_from_db()
    assert (life.here.media / parent.file.name).read_bytes() == BASE


def test_a_new_segmentation_is_no_better_than_krakens_own(life: Life) -> None:
    """There is nothing to keep: its user gets what was trained, and is told."""
    asked = life.ask(task="core.tasks.segtrain")
    run = life.until_computing(asked)
    assert life.made.site.runs[run].spec.parameters.packaged == "blla"
    life.finish(run, improved=False, metrics=layout_metrics())
    life.until_ended(asked)
    model = life.model(asked)
    assert (life.here.media / model.file.name).read_bytes() == WEIGHTS
    level, said = life.notified()[-1]
    assert level == "warning"
    assert "no epoch did better" in said


def test_weights_that_cannot_be_written_here_are_said(life: Life) -> None:
    """The fake site has no Core ML."""
    life.office = replace(life.office, options=Options(model_format="mlmodel"))
    life.clerk = Clerk(life.office, AtOnce())
    asked = life.ask()
    life.finish(life.until_computing(asked))
    life.until_ended(asked)
    assert "cannot be written in the format" in life.notified()[-1][1]
    assert {report.workflow_state for report in life.reports(asked)} == {2}


def test_who_lost_the_permission_meanwhile_is_refused(life: Life) -> None:
    asked = life.ask()
    life.here.user.user_permissions.clear()
    life.until_ended(asked)
    assert "permission" in life.notified()[-1][1]
    assert not life.model(asked).training
